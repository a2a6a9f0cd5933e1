//! Removing a file.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::AttachmentId;

use super::{no_attachment, seen};
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Accepted, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{Part, or_missed};

/// Remove a file
///
/// Whoever uploaded it may within 15 minutes after it was put where it is, administrators at any time. Its key is
/// destroyed and its content removed. `If-Match` takes the conversation's version.
#[utoipa::path(
    delete, path = "/attachments/{id}", operation_id = "remove_attachment", tag = "tickets",
    params(("id" = Uuid, Path, description = "The file.")),
    responses(
        (status = 204, description = "It is removed."),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn remove(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(id): Id<AttachmentId>,
) -> Answer<Response> {
    let file = seen(&desk, &request.by, id).await?;
    let Some((ticket, _)) = file.place else {
        let removed = desk.attachments.discard(id).await.map_err(|error| Problem::internal(&error))?;
        return if removed { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(no_attachment()) };
    };
    let outcome = desk.commands.remove_attachment(&request, ticket, id).await;
    let done = or_missed(&desk, &request, ticket, Part::Conversation, outcome).await?;
    let settled = desk.settled(done).await?;
    Ok((StatusCode::NO_CONTENT, settled, ()).into_response())
}
