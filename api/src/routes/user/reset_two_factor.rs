//! Taking a lost second factor away.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::activity::Revocation;
use domain::id::UserId;
use projections::user_directory::{DirectoryUser, by_id};

use crate::activity::RequestInfo;
use crate::auth::Admin;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Accepted, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};
use crate::second_factor;

/// Reset a user's second factor
///
/// For whoever has lost the app and the recovery codes. Their password alone signs them in again, and all their
/// sign-ins end. Make sure who is asking.
#[utoipa::path(
    post, path = "/users/{id}/reset-2fa", operation_id = "reset_two_factor", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn reset(
    State(desk): State<Desk>,
    Admin(admin): Admin,
    Asked(request): Asked,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    if id == admin.user {
        let message = "your own second factor is disabled by /auth/2fa/disable, with the password and a code";
        return Err(Problem::conflict("CONFLICT", message));
    }
    let done = second_factor::disable(&desk, &request, id).await?;
    desk.end_sessions(&info, id, None, Revocation::SecondFactorChanged).await?;
    let settled = desk.settled(done).await?;
    let user = by_id(desk.pool(), id).await?.ok_or_else(|| Problem::not_found("there is no such user"))?;
    Ok((Version(user.version), settled, Json(user)))
}
