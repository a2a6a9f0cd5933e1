//! Who is signed in.

use axum::extract::State;
use axum::response::IntoResponse;
use projections::user_directory::DirectoryUser;

use super::tokens;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;
use crate::required_factor::Entering;

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
