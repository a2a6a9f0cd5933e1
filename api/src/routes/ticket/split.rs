//! Splitting messages off as a ticket of their own, and taking that back.

use std::collections::BTreeMap;

use application::NewSplit;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::conversation::moving::MOST_MOVED;
use domain::id::{LinkId, MessageId, TicketId};
use domain::ticket::values::parse_title;
use projections::ticket_page::{FullTicket, TicketRef};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Acted, Changed, Part, answered, or_missed};
use super::create::entropy;
use super::reference::{OfTicket, find_id, seen};
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// What is to be a ticket of its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Split {
    /// The messages that move there, internal notes among them; each once.
    #[schema(min_items = 1, max_items = 100)]
    message_ids: Vec<Uuid>,
    /// The new ticket's title.
    #[schema(min_length = 3, max_length = 200, example = "The mouse does not work either")]
    title: String,
}

/// Split a ticket
///
/// Staff who work on it may. The messages go on in a new ticket of the same requester, with the same department, in the order in
/// which they were written and with their authors and times; on this one they are shown as moved, without what they say. Notes
/// stay internal. Files stay on this ticket, with the message that they came with. The two tickets are linked.
#[utoipa::path(
    post, path = "/tickets/{id}/split", operation_id = "split_ticket", tag = "tickets", params(OfTicket),
    responses(
        (
            status = 201, description = "The new ticket.", body = FullTicket,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Acted, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn split(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<Split>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let title = errors.check("title", parse_title(&body.title));
    let moves = body.message_ids.iter().map(|id| (MessageId(*id), MessageId(Uuid::now_v7())));
    let messages: BTreeMap<MessageId, MessageId> = moves.collect();
    if messages.is_empty() || messages.len() > MOST_MOVED || messages.len() < body.message_ids.len() {
        errors.add("message_ids", "invalid", format!("must be 1 to {MOST_MOVED}, each once"));
    }
    let Some(title) = title else { return Err(errors.into()) };
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let (new, link) = (TicketId::new(request.at, entropy()), LinkId(Uuid::now_v7()));
    let outcome = desk.commands.split(&request, id, &NewSplit { id: new, title, messages, link }).await;
    let (new, done) = or_missed(&desk, &request, id, Part::Ticket, outcome).await?;
    let settled = desk.settled(done).await?;
    let sight = request.by.sight();
    let ticket = desk.in_full(&sight, seen(&desk, &sight, TicketRef::Id(new)).await?, None).await?;
    let location = [(LOCATION, format!("/api/v1/tickets/{new}"))];
    Ok((StatusCode::CREATED, location, Version(ticket.version), settled, Json(ticket)))
}

/// Take a split back
///
/// Of the ticket that was split off, for staff who work on it and on the one that it came from. Every message that has not moved on
/// goes back there: what came from there is at its old place again, what was written since follows behind it, with authors and
/// times. Notes stay internal, what was redacted stays redacted. Files that came with messages since stay on this ticket, and so do
/// judgements made here. This ticket is then merged into the other one, which has to be worked on still
/// (`MERGE_TARGET_NOT_OPEN`). A ticket that was not split off, or from one that the caller does not see, has nothing to take back
/// (`NOT_SPLIT_OFF`); more than 1,000 messages do not go at once (`TOO_MANY_MESSAGES`). Where it was merged into the other one
/// already, nothing changes.
#[utoipa::path(
    post, path = "/tickets/{id}/unsplit", operation_id = "unsplit_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket that it was split off from.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn unsplit(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.unsplit(&request, id).await;
    let (from, done) = or_missed(&desk, &request, id, Part::Ticket, outcome).await?;
    answered(&desk, &request, from, done).await
}
