//! Posting a message over a socket: the command of POST `/tickets/{id}/messages`, with its rules and refusals.

use application::NewMessage;
use domain::conversation::values::{parse_client_msg_id, parse_content};
use domain::id::MessageId;
use domain::scope::Scope;
use projections::messages;
use serde::Deserialize;
use uuid::Uuid;

use super::frames;
use super::socket::Socket;
use crate::context::asked_once;
use crate::fields::ValidationErrors;
use crate::mentions::meant;
use crate::problem::{Answer, Problem};
use crate::{api_tokens, layers};

/// A message to be posted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chat {
    #[serde(default)]
    ticket_id: Option<String>,
    #[serde(alias = "body")]
    content: String,
    #[serde(default, rename = "isAI", alias = "is_ai")]
    is_ai: bool,
    #[serde(default)]
    is_internal: bool,
    /// By which the answer names it, and by which the same message is known when it is sent again.
    client_msg_id: String,
}

impl Socket {
    /// Posts a message; gives the frame that says so, when the read models show it.
    pub(super) async fn post(&mut self, chat: Answer<Chat>, request_id: Uuid) -> Answer<String> {
        let chat = chat?;
        // What they may is as of now, as with every request.
        self.signed = self.signed.again(&self.desk).await?;
        if let Some(grant) = &self.signed.grant {
            api_tokens::insist(&grant.scopes, Scope::TicketsWrite)?;
        }
        layers::count(&self.desk, &self.signed).await?;
        let mut errors = ValidationErrors::default();
        let content = errors.check("content", parse_content(&chat.content));
        let client_msg_id = errors.check("client_msg_id", parse_client_msg_id(&chat.client_msg_id));
        let (Some(content), Some(client_msg_id)) = (content, client_msg_id) else {
            return Err(errors.into());
        };
        let ticket = self.ticket(chat.ticket_id).await?;
        let mentions = meant(&self.desk, &[], &content).await?;
        let new = NewMessage {
            id: MessageId(Uuid::now_v7()),
            content,
            is_internal: chat.is_internal,
            is_ai: chat.is_ai,
            client_msg_id: Some(client_msg_id.clone()),
            mentions,
            set_status: None,
            attachments: vec![],
        };
        let request = asked_once(&self.desk, &self.signed, request_id).await?;
        let (message, done) = self.desk.commands.post_message(&request, ticket, new).await?;
        let _ = self.desk.settled(done).await;
        let shown = messages::find(self.desk.pool(), ticket, message, true).await?;
        // It is in the log: that it is not shown yet changes nothing about that.
        let position = shown.map(|shown| shown.position).or(done.position());
        let position =
            position.ok_or_else(|| Problem::unavailable("the message was posted and cannot be shown"))?;
        Ok(frames::ack(&client_msg_id, message.0, position))
    }
}
