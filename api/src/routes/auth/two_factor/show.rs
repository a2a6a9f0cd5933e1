//! Whether there is a second factor.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;
use crate::required_factor::Entering;
use crate::second_factor;

/// How the caller's second factor stands.
#[derive(Serialize, ToSchema)]
pub(super) struct TwoFactor {
    /// Whether a code is asked for at the sign-in.
    is_enabled: bool,
    /// Whether the caller's role needs one: without one, all they may do is set one up.
    is_required: bool,
    /// How many recovery codes are left; none are while it is not enabled.
    #[schema(minimum = 0, maximum = 10, example = 10)]
    recovery_codes_left: i64,
}

/// Show the second factor
///
/// Of the caller: whether there is one, and how many recovery codes are left. The codes themselves are shown only when
/// they are made.
#[utoipa::path(
    get, path = "/auth/2fa", operation_id = "show_two_factor", tag = "auth",
    responses((status = 200, description = "How it stands.", body = TwoFactor), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn show(State(desk): State<Desk>, Entering(signed): Entering) -> Answer<Json<TwoFactor>> {
    let is_enabled = desk.commands.load_user(signed.user).await?.state.has_two_factor();
    let recovery_codes_left =
        if is_enabled { second_factor::codes_left(&desk, signed.user).await? } else { 0 };
    let is_required = desk.needs_second_factor(signed.role).await?;
    Ok(Json(TwoFactor { is_enabled, is_required, recovery_codes_left }))
}
