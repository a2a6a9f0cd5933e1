//! What was said in a conversation.

use application::ledger::Ledger as _;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::chat::ChatEvent;
use domain::chat::values::{ReplyKind, Source};
use domain::event::Event;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Json;
use crate::chats::Visitor;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Guarded, Missing};
use crate::problem::{Answer, Problem};

/// A conversation.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownChat {
    /// Its identity.
    conversation_id: Uuid,
    /// What was said, the oldest first.
    messages: Vec<ChatMessage>,
    /// The ticket that it became, if it did.
    #[schema(value_type = Option<String>, example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: Option<String>,
}

/// Something that was said.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatMessage {
    /// What it says.
    content: String,
    /// Whether the desk said it, and no person.
    #[serde(rename = "isAI")]
    is_ai: bool,
    /// What kind of a reply it is; only of what the desk said.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ReplyKind>,
    /// The articles that it rests on.
    sources: Vec<Source>,
    /// When it was said.
    timestamp: DateTime<Utc>,
}

/// Show a conversation
///
/// It is shown to whose it is, and without a sign-in to who knows its id. Read from the log itself, so it is never late.
#[utoipa::path(
    get, path = "/chatbot/conversations/{id}", operation_id = "show_chat", tag = "ai",
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = 200, description = "The conversation.", body = ShownChat), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    visitor: Visitor,
    Id(chat): Id<Uuid>,
) -> Answer<Json<ShownChat>> {
    let (_, state) = desk.chat_of(&visitor.request, Some(chat)).await?;
    let events =
        desk.log.read_streams(&[(chat, 0)]).await.map_err(|error| Problem::internal(&error.into()))?;
    let mut messages = Vec::new();
    for recorded in events {
        let Event::Chat(ChatEvent::QuestionAnswered { question, kind, answer, origin, .. }) = recorded.event
        else {
            continue;
        };
        let said = |content: &str, is_ai, kind, sources| ChatMessage {
            content: content.to_owned(),
            is_ai,
            kind,
            sources,
            timestamp: recorded.occurred_at,
        };
        messages.push(said(question.shown(), false, None, vec![]));
        messages.push(said(answer.shown(), true, Some(kind), origin.sources));
    }
    let ticket_id = state.ticket().map(|ticket| ticket.to_string());
    Ok(Json(ShownChat { conversation_id: chat, messages, ticket_id }))
}
