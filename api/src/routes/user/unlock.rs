//! Giving somebody back the failed attempts that keep them out.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::activity::ActivityEvent;
use domain::id::UserId;
use domain::sealed::Sealed;
use projections::user_directory::{DirectoryUser, by_id};

use super::answer::nobody;
use crate::activity::RequestInfo;
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Missing};

/// Unlock a user
///
/// Administrators may. The failed attempts to sign in that counted against the account are forgotten, under its name and
/// under its address, of passwords and of codes. Those of a network as a whole stay.
#[utoipa::path(
    post, path = "/users/{id}/unlock", operation_id = "unlock_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The user.", body = DirectoryUser), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn unlock(
    State(desk): State<Desk>,
    _: Admin,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let account = desk.commands.load_user(id).await?;
    let shown = by_id(desk.pool(), id).await?;
    let user = shown.filter(|_| account.state.exists()).ok_or_else(nobody)?;
    desk.record(&info, ActivityEvent::AttemptsForgiven { user: id }).await?;
    let names = [account.state.username(), account.state.email()];
    let names: Vec<&str> = names.into_iter().flatten().filter_map(Sealed::text).collect();
    desk.guesses.forget(id, &names).await?;
    Ok((Version(user.version), Json(user)))
}
