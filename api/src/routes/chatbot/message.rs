//! A message to the chatbot.

use axum::extract::State;
use domain::chat::values::{Origin, ReplyKind, SHORTEST_QUESTION, Source, parse_question};
use domain::knowledge::reception::UsedBy;
use domain::setting::Flag;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bot::{Action, Reply, reply};
use crate::answers::Answered;
use crate::body::Json;
use crate::chats::Visitor;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Missing};

/// A message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendChatMessage {
    /// The conversation that it goes on with; a new one begins without.
    conversation_id: Option<Uuid>,
    /// What it says.
    #[schema(min_length = 2, max_length = 2_000, example = "How do I connect to the VPN from home?")]
    content: String,
}

/// The chatbot's reply.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatReply {
    /// The conversation, to go on with.
    conversation_id: Uuid,
    /// What it says, in Markdown.
    content: String,
    /// That no person wrote it.
    #[serde(rename = "isAI")]
    #[schema(example = true)]
    is_ai: bool,
    /// What kind of a reply it is.
    kind: ReplyKind,
    /// The articles that it rests on, the best first.
    sources: Vec<Source>,
    /// How sure it is, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.82)]
    confidence: f64,
    /// What can be done next.
    actions: Vec<Action>,
    /// The ticket that the conversation became, if it did.
    #[schema(value_type = Option<String>, example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: Option<String>,
}

/// Write to the chatbot
///
/// It answers from articles that the caller may read, and names them. Whoever asks for a person gets one: the conversation becomes a
/// ticket, which counts as any other ticket of the caller's day. With the setting `self_serve_public` on, no token is needed.
#[utoipa::path(
    post, path = "/chatbot/messages", operation_id = "send_chat_message", tag = "ai",
    responses(
        (status = 200, description = "The reply.", body = ChatReply),
        Accepted, Guarded, Forbidden, Missing, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn send(
    State(desk): State<Desk>,
    visitor: Visitor,
    Json(body): Json<SendChatMessage>,
) -> Answer<Json<ChatReply>> {
    desk.insist_on(Flag::SelfServe).await?;
    let mut errors = ValidationErrors::default();
    let content = errors.check("content", parse_question(&body.content, SHORTEST_QUESTION));
    let Some(content) = content else { return Err(errors.into()) };
    let (chat, state) = desk.chat_of(&visitor.request, body.conversation_id).await?;
    let Reply { answered, actions, ticket } = reply(&desk, &visitor, (chat, &state), &content).await?;
    desk.say(&visitor.request, chat, UsedBy::Chatbot, &content, &answered).await?;
    let Answered { kind, text, origin: Origin { sources, confidence, .. } } = answered;
    Ok(Json(ChatReply {
        conversation_id: chat,
        content: text,
        is_ai: true,
        kind,
        sources,
        confidence,
        actions,
        ticket_id: ticket.or(state.ticket()).map(|ticket| ticket.to_string()),
    }))
}
