//! Reading notifications, and getting rid of them.

use application::{Done, Request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::id::NotificationId;
use domain::notification::NotificationCommand;
use projections::notifications::{self, by_ids};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Signed;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::notifications::ShownNotification;
use crate::problem::declared::{Accepted, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// How many notifications are marked by one append.
const AT_ONCE: usize = 200;

/// How many notifications are read now.
#[derive(Serialize, ToSchema)]
pub(super) struct Updated {
    /// How many were not, before.
    #[schema(example = 4)]
    updated: usize,
}

/// Mark a notification as read
///
/// Reading it again changes nothing.
#[utoipa::path(
    put, path = "/notifications/{id}/read", operation_id = "read_notification", tag = "notifications",
    params(("id" = String, Path, description = "Which: NOT-…")),
    responses((status = 200, description = "The notification.", body = ShownNotification), Accepted, Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn mark_read(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(id): Id<NotificationId>,
) -> Answer<impl IntoResponse> {
    marked(&desk, &request, id, NotificationCommand::MarkRead).await
}

/// Mark a notification as unread
///
/// To come back to it later.
#[utoipa::path(
    put, path = "/notifications/{id}/unread", operation_id = "unread_notification", tag = "notifications",
    params(("id" = String, Path, description = "Which: NOT-…")),
    responses((status = 200, description = "The notification.", body = ShownNotification), Accepted, Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn mark_unread(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(id): Id<NotificationId>,
) -> Answer<impl IntoResponse> {
    marked(&desk, &request, id, NotificationCommand::MarkUnread).await
}

async fn marked(
    desk: &Desk,
    request: &Request,
    id: NotificationId,
    command: NotificationCommand,
) -> Answer<impl IntoResponse + use<>> {
    let done = desk.commands.notifications(request, &[id], &command).await?;
    let settled = desk.settled(done).await?;
    let rows = by_ids(desk.pool(), &[id.stream()]).await?;
    let mut shown = desk.show_notifications(&request.by.sight(), rows).await?;
    let gone = || Problem::not_found("there is no such notification");
    Ok((settled, Json(shown.pop().ok_or_else(gone)?)))
}

/// Mark all notifications as read
///
/// All that there are when it is asked.
#[utoipa::path(
    put, path = "/notifications/mark-all-read", operation_id = "read_all_notifications", tag = "notifications",
    responses((status = 200, description = "How many were marked.", body = Updated), Accepted, Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn mark_all_read(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
) -> Answer<impl IntoResponse> {
    let (mut updated, mut done) = (0, Done::Unchanged);
    let all = notifications::unread(desk.pool(), signed.user).await?;
    for (n, ids) in all.chunks(AT_ONCE).enumerate() {
        // Each part is a command of its own: what was marked stays marked if a later one fails.
        let command_id = Uuid::new_v5(&request.command_id, format!("part {n}").as_bytes());
        let request = Request { command_id, ..request.clone() };
        let marked = desk.commands.notifications(&request, ids, &NotificationCommand::MarkRead).await?;
        if let Done::Changed(appended) = marked {
            updated += usize::try_from(appended.last - appended.first + 1).unwrap_or_default();
            done = marked;
        }
    }
    Ok((desk.settled(done).await?, Json(Updated { updated })))
}

/// Delete a notification
///
/// It is shown no more. Deleting it again changes nothing.
#[utoipa::path(
    delete, path = "/notifications/{id}", operation_id = "delete_notification", tag = "notifications",
    params(("id" = String, Path, description = "Which: NOT-…")),
    responses((status = 204, description = "It is gone."), Accepted, Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn delete(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(id): Id<NotificationId>,
) -> Answer<impl IntoResponse> {
    let done = desk.commands.notifications(&request, &[id], &NotificationCommand::Delete).await?;
    Ok((desk.settled(done).await?, StatusCode::NO_CONTENT))
}
