//! What people thought of a message.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::conversation::values::Feedback;
use domain::id::{MessageId, TicketId};
use projections::messages::{Message, find};
use projections::ticket_page::{TicketRef, reads_internal};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::CheckedBody;
use crate::problem::{Answer, Problem};
use crate::routes::ticket::{Acted, OfTicket, Part, or_missed, seen, word};

/// What somebody thought of a message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JudgeMessage {
    /// Helpful, not helpful, or nothing any more.
    #[schema(value_type = Feedback, example = "up")]
    feedback: String,
}

/// Judge a message
///
/// Whoever may read it may; a later judgement replaces an earlier one.
#[utoipa::path(
    put, path = "/tickets/{id}/messages/{message_id}/feedback", operation_id = "judge_message",
    tag = "tickets", params(OfTicket, ("message_id" = Uuid, Path, description = "The message.")),
    responses(
        (
            status = 200, description = "The message.", body = Message,
            headers(("ETag" = String, description = "The conversation's version.")),
        ),
        Acted, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn judge(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id((ticket, message)): Id<(TicketRef, MessageId)>,
    Json(body): Json<JudgeMessage>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let feedback = errors.check("feedback", word(&body.feedback));
    let Some(feedback) = feedback else { return Err(errors.into()) };
    let sight = request.by.sight();
    let before = seen(&desk, &sight, ticket).await?;
    let (id, internal) = (TicketId::of_stream(before.id), reads_internal(&sight, &before));
    let no_message = || Problem::not_found("there is no such message");
    find(desk.pool(), id, message, internal).await?.ok_or_else(no_message)?;
    let outcome = desk.commands.judge_message(&request, id, message, feedback).await;
    let done = or_missed(&desk, &request, id, Part::Conversation, outcome).await?;
    let settled = desk.settled(done).await?;
    let ticket = seen(&desk, &sight, TicketRef::Id(id)).await?;
    let message = find(desk.pool(), id, message, internal).await?.ok_or_else(no_message)?;
    Ok((Version(ticket.messages_version), settled, Json(message)))
}
