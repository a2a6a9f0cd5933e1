//! Whether somebody may sign in: deactivated, activated, and ended for good.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::activity::Revocation;
use domain::id::UserId;
use domain::user::UserCommand;
use projections::user_directory::DirectoryUser;

use super::answer::{answered, managed};
use crate::activity::RequestInfo;
use crate::auth::Admin;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Conflicting, Forbidden, Guarded, Missing, Stale};

/// Deactivate a user
///
/// Administrators may, but not themselves. They cannot sign in any more, tokens that they have are refused within a
/// second and for good, their browsers are told nothing more, and their tickets that are not resolved go back to the queues of their departments.
#[utoipa::path(
    post, path = "/users/{id}/deactivate", operation_id = "deactivate_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn deactivate(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let done = managed(&desk, &request, id, UserCommand::Deactivate).await?;
    desk.end_sessions(&info, id, None, Revocation::ByAdmin).await?;
    desk.push.unsubscribe_all(id).await?;
    answered(&desk, id, done).await
}

/// Activate a user
///
/// Administrators may. They can sign in again; no former sign-in or API token is good again, and what they had on
/// their desk stays where it went.
#[utoipa::path(
    post, path = "/users/{id}/activate", operation_id = "activate_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn activate(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let account = desk.commands.load_user(id).await?;
    if account.state.exists() && !account.state.is_active() {
        // There are none, unless the process died between deactivating and ending them.
        desk.end_sessions(&info, id, None, Revocation::ByAdmin).await?;
    }
    let done = managed(&desk, &request, id, UserCommand::Activate).await?;
    answered(&desk, id, done).await
}

/// Delete a user
///
/// Administrators may, but not themselves. The account is ended for good, as if deactivated, and lists leave it out
/// unless asked for `deleted=true`. Nothing is destroyed, and its name and address stay taken: for that, erase the
/// person.
#[utoipa::path(
    delete, path = "/users/{id}", operation_id = "delete_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user, deleted.", body = DirectoryUser),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn delete(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let done = managed(&desk, &request, id, UserCommand::Delete).await?;
    desk.end_sessions(&info, id, None, Revocation::ByAdmin).await?;
    desk.push.unsubscribe_all(id).await?;
    answered(&desk, id, done).await
}
