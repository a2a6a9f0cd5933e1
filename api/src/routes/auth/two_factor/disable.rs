//! Asking for the second factor no more.

use axum::extract::State;
use axum::http::StatusCode;
use domain::user::UserError;

use super::end_others;
use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Limited};
use crate::routes::auth::reauthentication::Proof;
use crate::second_factor;

/// Disable the second factor
///
/// With the password and a code, the app's or a recovery code. Ends the caller's other sign-ins. Whoever has lost both
/// asks an administrator: `POST /users/{id}/reset-2fa`.
#[utoipa::path(
    post, path = "/auth/2fa/disable", operation_id = "disable_two_factor", tag = "auth",
    responses((status = 204, description = "Disabled."), Guarded, Forbidden, CheckedBody, Limited),
    security(("bearerAuth" = [])),
)]
pub(super) async fn disable(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Json(proof): Json<Proof>,
) -> Answer<StatusCode> {
    if !desk.commands.load_user(signed.user).await?.state.has_two_factor() {
        return Err(application::Error::refused(UserError::NoTwoFactor).into());
    }
    proof.check(&desk, &info, signed.user).await?;
    second_factor::disable(&desk, &info.request(), signed.user).await?;
    end_others(&desk, &info, &signed).await?;
    Ok(StatusCode::NO_CONTENT)
}
