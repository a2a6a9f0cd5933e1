//! A ticket in a few sentences.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::id::TicketId;
use projections::messages::{self, Message, Which};
use projections::ticket_page::{FullTicket, TicketRef, reads_internal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::routes::ticket::{OfTicket, seen};

/// How many messages are looked at.
const LOOKED_AT: i64 = 500;
/// How many characters of a text are quoted.
const QUOTED: usize = 240;
/// What makes summaries, with its version.
const MODEL: &str = "local-summary/1";

/// A ticket in a few sentences.
#[derive(Serialize, ToSchema)]
pub(super) struct InShort {
    /// The sentences, each on a line of its own.
    summary: String,
    /// That no person wrote it.
    #[serde(rename = "isAI")]
    #[schema(example = true)]
    is_ai: bool,
    /// How many messages it rests on.
    #[schema(example = 4)]
    message_count: usize,
    /// When the last of them was written.
    last_message_at: Option<DateTime<Utc>>,
    /// What made it, with its version.
    #[schema(example = "local-summary/1")]
    model_version: &'static str,
}

/// Summarize a ticket
///
/// What the problem is, who has it, what was said last by each side, and where it stands: quoted, not retold. Nothing is written.
#[utoipa::path(
    post, path = "/tickets/{id}/summary", operation_id = "summarize_ticket", tag = "ai", params(OfTicket),
    responses((status = 200, description = "The ticket in a few sentences.", body = InShort), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn summarize(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Id(ticket): Id<TicketRef>,
) -> Answer<Json<InShort>> {
    let sight = signed.caller.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    let internal = reads_internal(&sight, &ticket);
    let which = Which { after: 0, limit: LOOKED_AT, skip: 0, internal };
    let messages = messages::of_ticket(desk.pool(), TicketId::of_stream(ticket.id), which).await?;
    Ok(Json(InShort {
        summary: sentences(&ticket, &messages).join("\n"),
        is_ai: true,
        message_count: messages.len(),
        last_message_at: messages.last().map(|message| message.timestamp),
        model_version: MODEL,
    }))
}

fn sentences(ticket: &FullTicket, messages: &[Message]) -> Vec<String> {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "somebody".to_owned());
    let mut sentences = vec![
        format!("{} reports: {}", name(&ticket.requester_username), ticket.title),
        format!("In full: {}", quoted(&ticket.description)),
    ];
    let last = |is_theirs: bool, is_internal: bool| {
        messages.iter().rev().find(|message| {
            message.is_internal == is_internal && (message.sender_id == Some(ticket.user_id)) == is_theirs
        })
    };
    let told = [
        (last(true, false), "wrote last"),
        (last(false, false), "answered last"),
        (last(false, true), "noted last, for staff"),
    ];
    for (message, what) in told {
        if let Some(message) = message {
            let who = name(&message.sender_username);
            sentences.push(format!("{who} {what}: {}", quoted(&message.content)));
        }
    }
    let with = match (&ticket.assignee_username, &ticket.department) {
        (Some(agent), _) => format!("with {agent}"),
        (None, Some(department)) => format!("in the queue of {department}"),
        (None, None) => "with nobody yet".to_owned(),
    };
    let status = ticket.status.replace('_', " ");
    sentences.push(format!(
        "It is {status}, {} priority, {with}; {} messages.",
        ticket.priority,
        messages.len()
    ));
    if let Some(resolution) = &ticket.resolution {
        sentences.push(format!("It was resolved by: {}", quoted(resolution)));
    }
    sentences
}

/// The beginning of `text` in a line, up to the end of a sentence if there is one near.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(QUOTED) else { return line };
    let begin = &line[..end];
    match begin.rfind(['.', '!', '?']).filter(|place| *place > end / 2) {
        Some(place) => begin[..=place].to_owned(),
        None => format!("{begin}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_ends_where_a_sentence_does() {
        assert_eq!(quoted(" a\n b "), "a b");
        let long = format!("{}. {}", "x".repeat(200), "y".repeat(200));
        assert_eq!(quoted(&long), format!("{}.", "x".repeat(200)));
        assert_eq!(quoted(&"ü".repeat(300)), format!("{}…", "ü".repeat(240)));
    }
}
