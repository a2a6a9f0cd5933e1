//! Choosing another password with a token that came by mail.

use application::Request;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::Utc;
use domain::access::{Caller, Reach};
use domain::id::UserId;
use domain::user::UserCommand;
use domain::user::values::PasswordChange;
use infrastructure::password::check_strength;
use infrastructure::token::OneTimeToken;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::tokens;
use crate::body::Json;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Limited, Unguarded};
use crate::problem::{Answer, Problem};
use crate::{credentials, resets, sessions};

/// Another password instead of the one that is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// The token that came by mail.
    token: String,
    /// The password.
    #[schema(min_length = 8, max_length = 256, example = "correct horse battery")]
    new_password: String,
}

/// That the password is another one.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordIsNew {
    /// What people read.
    #[schema(example = "Password changed")]
    message: &'static str,
}

pub(super) const PASSWORD_IS_NEW: Json<PasswordIsNew> = Json(PasswordIsNew { message: "Password changed" });

/// Choose another password with a token
///
/// Every sign-in of the account ends within a second, and every other token that was sent is good no more.
#[utoipa::path(
    post, path = "/auth/password/reset", operation_id = "reset_password", tag = "auth",
    responses(
        (status = 200, description = "The password is another one; sign in with it.", body = PasswordIsNew),
        Accepted, Unguarded, Limited, CheckedBody,
    ),
)]
pub(super) async fn reset(
    State(desk): State<Desk>,
    Extension(exchange): Extension<Exchange>,
    Json(body): Json<Reset>,
) -> Answer<impl IntoResponse> {
    let token = OneTimeToken::parse(&body.token).map_err(|_| not_good())?;
    let user = resets::whose(desk.pool(), &token).await?.ok_or_else(not_good)?;
    let role = tokens::role_of(&desk, user).await?.ok_or_else(not_good)?;
    let mut errors = ValidationErrors::default();
    errors.check("new_password", may_be_theirs(&desk, user, &body.new_password).await?);
    errors.finish()?;
    let hash = desk.passwords.hash(&body.new_password).await?;
    // The event first, named by the token: whatever dies after it, the same request ends what this one began.
    let request = Request {
        correlation_id: exchange.request_id(),
        ..Request::once(
            Caller::Person { id: user, role, departments: Vec::new(), reach: Reach::default() },
            Utc::now(),
            "api",
            Uuid::new_v5(&user.0, &token.hash()),
        )
    };
    let changed = UserCommand::ChangePassword { how: PasswordChange::Reset };
    let done = desk.commands.user(&request, user, changed).await?;
    replace(&desk, user, &token, &hash).await?;
    tracing::info!(user_id = %user, "password_reset");
    desk.tell_of_password(user).await;
    let settled = desk.settled(done).await?;
    Ok((StatusCode::OK, settled, PASSWORD_IS_NEW))
}

/// Uses the token: the password is another one, and nobody is signed in with the former one.
async fn replace(desk: &Desk, user: UserId, token: &OneTimeToken, hash: &str) -> Answer<()> {
    let mut transaction = desk.pool().begin().await?;
    if !resets::use_up(&mut transaction, user, token).await? {
        return Err(not_good());
    }
    credentials::replace(&mut transaction, user, hash).await?;
    let ended = sessions::end_all_within(&mut transaction, user, None).await?;
    transaction.commit().await?;
    for jti in ended {
        desk.sessions.forget(jti);
    }
    Ok(())
}

fn not_good() -> Problem {
    let message = "the token is wrong, used or too old; say again that the password is forgotten";
    Problem::new(StatusCode::BAD_REQUEST, "RESET_INVALID", message)
}

/// Whether `password` is strong enough for `user`, and why not.
pub(super) async fn may_be_theirs(
    desk: &Desk,
    user: UserId,
    password: &str,
) -> Answer<Result<(), infrastructure::password::WeakPassword>> {
    let shown = tokens::shown(desk, user).await?;
    let mailbox = shown.email.split('@').next().unwrap_or_default();
    Ok(check_strength(password, &[&shown.username, &shown.email, mailbox]))
}
