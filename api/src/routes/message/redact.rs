//! Making what a message says unreadable.

use std::ops::Range;

use application::Redaction;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::conversation::redaction::{MOST_SPANS, parse_reason};
use domain::id::{MessageId, TicketId};
use projections::messages::{Message, find};
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::CheckedBody;
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{Acted, OfTicket, Part, or_missed, seen};

/// What is to be redacted, and why: either parts or all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedactMessage {
    /// The parts.
    #[schema(min_items = 1, max_items = 100)]
    spans: Option<Vec<Span>>,
    /// Whether all of it.
    #[serde(default)]
    all: bool,
    /// Why; for staff.
    #[schema(min_length = 1, max_length = 500, example = "The number of a card.")]
    reason: String,
}

/// A part of a message, in characters (Unicode code points).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Span {
    /// The first one, counted from 0.
    #[schema(example = 11)]
    start: usize,
    /// The first one behind it.
    #[schema(example = 30)]
    end: usize,
}

/// Redact a message
///
/// For administrators. Destroys the key of what the message says: within two seconds nothing shows it any more, and nobody
/// can read it from the log, whose event stays and proves the same. What is left reads as the message from then on, with
/// `[redacted]` for each part. It cannot be taken back.
#[utoipa::path(
    post, path = "/tickets/{id}/messages/{message_id}/redact", operation_id = "redact_message", tag = "tickets",
    params(OfTicket, ("message_id" = Uuid, Path, description = "The message.")),
    responses(
        (
            status = 200, description = "The message.", body = Message,
            headers(("ETag" = String, description = "The conversation's version.")),
        ),
        Acted, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn redact(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id((ticket, message)): Id<(TicketRef, MessageId)>,
    Json(body): Json<RedactMessage>,
) -> Answer<impl IntoResponse> {
    let redaction = checked(body)?;
    let sight = request.by.sight();
    let id = TicketId::of_stream(seen(&desk, &sight, ticket).await?.id);
    let outcome = desk.commands.redact_message(&request, id, message, &redaction).await;
    let done = or_missed(&desk, &request, id, Part::Conversation, outcome).await?;
    let settled = desk.settled(done).await?;
    let ticket = seen(&desk, &sight, TicketRef::Id(id)).await?;
    let message = find(desk.pool(), id, message, true).await?;
    let message = message.ok_or_else(|| Problem::not_found("there is no such message"))?;
    Ok((Version(ticket.messages_version), settled, Json(message)))
}

fn checked(body: RedactMessage) -> Answer<Redaction> {
    let mut errors = ValidationErrors::default();
    let reason = errors.check("reason", parse_reason(&body.reason));
    if body.all == body.spans.is_some() {
        errors.add("spans", "invalid", "give either spans or all");
    }
    if body.spans.as_ref().is_some_and(|spans| spans.is_empty() || spans.len() > MOST_SPANS) {
        errors.add("spans", "invalid", format!("must be 1 to {MOST_SPANS}"));
    }
    let Some(reason) = reason else { return Err(errors.into()) };
    errors.finish()?;
    let part = |span: Span| -> Range<usize> { span.start..span.end };
    let spans = body.spans.map(|spans| spans.into_iter().map(part).collect());
    Ok(Redaction { spans, reason, key: Uuid::now_v7() })
}
