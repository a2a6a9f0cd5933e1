//! Signing out.

use axum::extract::State;
use domain::activity::ActivityEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::activity::RequestInfo;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;
use crate::required_factor::Entering;
use crate::sessions;

/// That it is done.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedOut {
    /// What people read.
    #[schema(example = "Logout successful")]
    message: &'static str,
}

/// Sign out
///
/// From now on neither this access token nor any refresh token of the same sign-in is good.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "auth",
    responses((status = 200, description = "Signed out.", body = SignedOut), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn logout(
    State(desk): State<Desk>,
    Entering(signed): Entering,
    info: RequestInfo,
) -> Answer<Json<SignedOut>> {
    let ended = sessions::sign_out(desk.pool(), signed.jti, signed.expires_at).await?;
    for jti in ended.denied {
        desk.sessions.forget(jti);
    }
    desk.record(&info, ActivityEvent::SignedOut { user: signed.user, session: ended.session }).await?;
    Ok(Json(SignedOut { message: "Logout successful" }))
}
