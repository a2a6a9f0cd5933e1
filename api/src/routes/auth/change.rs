//! Choosing another password while knowing the present one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::user::UserCommand;
use domain::user::values::PasswordChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::reset::{PASSWORD_IS_NEW, PasswordIsNew, may_be_theirs};
use super::tokens;
use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Asked;
use crate::credentials::{self, Checked};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::guesses::{Attempt, Guessed};
use crate::problem::declared::{Accepted, CheckedBody, Guarded, Limited, Stale};
use crate::problem::{Answer, Problem};
use crate::{resets, sessions};

/// Another password instead of the present one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The present password.
    old: String,
    /// The other one.
    #[schema(min_length = 8, max_length = 256, example = "correct horse battery")]
    new: String,
}

/// Change the password
///
/// Every other sign-in of the caller ends within a second; this one goes on.
#[utoipa::path(
    post, path = "/auth/password/change", operation_id = "change_password", tag = "auth",
    responses(
        (status = 200, description = "The password is another one.", body = PasswordIsNew),
        Accepted, Guarded, Limited, Stale, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn change(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    info: RequestInfo,
    Json(body): Json<Change>,
) -> Answer<impl IntoResponse> {
    let user = signed.user;
    let name = tokens::shown(&desk, user).await?.username;
    let attempt = Attempt { secret: Guessed::Password, name: &name, user: Some(user), address: info.address };
    // Before it is compared: what is replaced later is what was compared, or nothing.
    let stored = credentials::hash_of(desk.pool(), user).await?.unwrap_or_default();
    let mut errors = ValidationErrors::default();
    if !matches!(credentials::check(&desk, &attempt, &body.old).await?, Checked::Right(..)) {
        errors.add("old", "wrong", "is not the present password");
        return Err(errors.into());
    }
    if body.new == body.old {
        errors.add("new", "invalid", "must be another one than the present password");
    }
    errors.check("new", may_be_theirs(&desk, user, &body.new).await?);
    errors.finish()?;
    let hash = desk.passwords.hash(&body.new).await?;
    let changed = UserCommand::ChangePassword { how: PasswordChange::Change };
    let done = desk.commands.user(&request, user, changed).await?;
    exchange(&desk, &signed, &stored, &hash).await?;
    tracing::info!(user_id = %user, "password_changed");
    desk.tell_of_password(user).await;
    let settled = desk.settled(done).await?;
    Ok((StatusCode::OK, settled, PASSWORD_IS_NEW))
}

/// Stores the new hash if the password is still the one that was shown, and ends the other sign-ins.
async fn exchange(desk: &Desk, signed: &Signed, from: &str, to: &str) -> Answer<()> {
    let mut transaction = desk.pool().begin().await?;
    if !credentials::exchange(&mut transaction, signed.user, from, to).await? {
        return Err(Problem::conflict("CONFLICT", "the password was changed by somebody else meanwhile"));
    }
    resets::void_all(&mut transaction, signed.user).await?;
    let this_one = sessions::of_token(&mut *transaction, signed.jti).await?;
    let ended = sessions::end_all_within(&mut transaction, signed.user, this_one).await?;
    transaction.commit().await?;
    for jti in ended {
        desk.sessions.forget(jti);
    }
    Ok(())
}
