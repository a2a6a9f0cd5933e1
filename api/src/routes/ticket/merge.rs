//! Merging a ticket into another one, and taking that back.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::ticket::TicketCommand;
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Acted, Changed, Part, answered, changed, or_missed};
use super::reference::{OfTicket, find_id, named};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// Where a ticket is to live on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    /// The other ticket: its id `TKT-…`, its UUID, or its number.
    #[schema(max_length = 64, example = "TKT-1763700000000-4K9XQ2")]
    into: String,
}

/// Merge a ticket into another one
///
/// Staff who work on both may. The ticket is closed and takes no changes (423), until that is taken back; messages and
/// attachments stay where they are. The other one has to be worked on still (`MERGE_TARGET_NOT_OPEN`). Nobody sees more of it than
/// before: a requester is told that their ticket was closed. Merging into the same ticket again changes nothing.
#[utoipa::path(
    post, path = "/tickets/{id}/merge", operation_id = "merge_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The other ticket.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn merge(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<Merge>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let into = named(&desk, &request, "into", &body.into).await?;
    let outcome = desk.commands.merge(&request, id, into).await;
    let done = or_missed(&desk, &request, id, Part::Ticket, outcome).await?;
    answered(&desk, &request, into, done).await
}

/// Take a merge back
///
/// Staff who work on the ticket may. It is where it was before. Where nothing was merged, nothing changes.
#[utoipa::path(
    post, path = "/tickets/{id}/unmerge", operation_id = "unmerge_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn unmerge(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Unmerge).await;
    changed(&desk, &request, id, outcome).await
}
