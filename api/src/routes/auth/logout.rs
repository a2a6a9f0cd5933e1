//! Signing out.

use axum::extract::State;
use chrono::Utc;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;
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
pub(super) async fn logout(State(desk): State<Desk>, signed: Signed) -> Answer<Json<SignedOut>> {
    let access_ends = Utc::now() + desk.config.tokens.access;
    for jti in sessions::sign_out(desk.pool(), signed.jti, signed.expires_at, access_ends).await? {
        desk.sessions.forget(jti);
    }
    Ok(Json(SignedOut { message: "Logout successful" }))
}
