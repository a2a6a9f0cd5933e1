//! Who is signed in, and what they choose for themselves.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::user::{Locale, ProfileChanges, Signature, Timezone, UserCommand};
use projections::user_directory::DirectoryUser;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens;
use crate::auth::Signed;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Guarded, Stale};
use crate::required_factor::Entering;
use crate::routes::user::answered;

/// Show who is signed in
#[utoipa::path(
    get, path = "/auth/me", operation_id = "me", tag = "auth",
    responses((status = 200, description = "The caller.", body = DirectoryUser), Guarded),
    security(("bearerAuth" = []), ("apiToken" = [])),
)]
pub(super) async fn me(State(desk): State<Desk>, Entering(signed): Entering) -> Answer<impl IntoResponse> {
    let user = tokens::shown(&desk, signed.user).await?;
    Ok((Version(user.version), Json(user)))
}

/// What people choose for themselves; what is left out stays, and null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditMe {
    /// The language they read, perhaps with script and region.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 11, example = "pt-BR")]
    locale: Change<String>,
    /// The zone their times are shown in: a name of the tz database.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64, example = "Europe/Berlin")]
    timezone: Change<String>,
    /// What they end their messages with.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2_000, example = "Ada, accounting")]
    signature: Change<String>,
}

/// Edit one's own profile
///
/// Name, address, role and departments are an administrator's to change.
#[utoipa::path(
    patch, path = "/auth/me", operation_id = "edit_me", tag = "auth",
    responses(
        (status = 200, description = "The caller.", body = DirectoryUser),
        Accepted, Guarded, Stale, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn edit(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Json(body): Json<EditMe>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let locale = errors.check("locale", body.locale.parse(|text| Locale::parse(&text)));
    let timezone = errors.check("timezone", body.timezone.parse(|text| Timezone::parse(&text)));
    let signature = errors.check("signature", body.signature.parse(|text| Signature::parse(&text)));
    let (Some(locale), Some(timezone), Some(signature)) = (locale, timezone, signature) else {
        return Err(errors.into());
    };
    let profile = Box::new(ProfileChanges { locale, timezone, signature });
    let done = desk.commands.user(&request, signed.user, UserCommand::SetProfile(profile)).await?;
    answered(&desk, signed.user, done).await
}
