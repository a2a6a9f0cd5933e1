//! Taking an API token back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::user::UserCommand;
use uuid::Uuid;

use crate::api_tokens;
use crate::auth::Signed;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Accepted, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};

/// Take an API token back
///
/// Its owner may, and administrators. Within a second no node accepts it any more.
#[utoipa::path(
    delete, path = "/auth/tokens/{id}", operation_id = "revoke_api_token", tag = "auth",
    params(("id" = Uuid, Path, description = "The token.")),
    responses((status = 204, description = "Taken back."), Accepted, Guarded, Missing, Stale),
    security(("bearerAuth" = [])),
)]
pub(super) async fn revoke(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Id(id): Id<Uuid>,
) -> Answer<impl IntoResponse> {
    let none = || Problem::not_found("there is no such API token");
    let owner = api_tokens::owner_of(desk.pool(), id).await?.ok_or_else(none)?;
    if owner != signed.user && !signed.caller.is_admin() {
        return Err(none());
    }
    let done = desk.commands.user(&request, owner, UserCommand::RevokeToken(id)).await?;
    desk.holders.forget_all();
    let settled = desk.settled(done).await?;
    Ok((StatusCode::NO_CONTENT, settled, ()))
}
