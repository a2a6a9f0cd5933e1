//! One account.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use projections::user_directory::{DirectoryUser, by_id};

use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Guarded, Missing};
use crate::problem::{Answer, Problem};

/// Show a user
///
/// Administrators see everybody, everybody else themselves.
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
    let nobody = || Problem::not_found("there is no such user");
    if id != signed.user && !signed.caller.is_admin() {
        return Err(nobody());
    }
    let user = by_id(desk.pool(), id).await?.ok_or_else(nobody)?;
    Ok((Version(user.version), Json(user)))
}
