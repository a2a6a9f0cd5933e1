//! One account.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use projections::sight::sees_a_ticket_of;
use projections::user_directory::{DirectoryUser, by_id};

use super::answer::nobody;
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Guarded, Missing};

/// Show a user
///
/// Administrators see everybody, agents whoever filed a ticket that they see, and everybody themselves.
#[utoipa::path(
    get, path = "/users/{id}", operation_id = "show_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The user.", body = DirectoryUser), Guarded, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["users:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    signed: Signed,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let may = id == signed.user
        || signed.caller.is_admin()
        || (signed.caller.is_staff() && sees_a_ticket_of(desk.pool(), &signed.caller.sight(), id).await?);
    if !may {
        return Err(nobody());
    }
    let user = by_id(desk.pool(), id).await?.ok_or_else(nobody)?;
    Ok((Version(user.version), Json(user)))
}
