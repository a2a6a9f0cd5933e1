//! Chats: questions that the desk answers itself.

use std::sync::Arc;

use domain::chat::{Chat, ChatCommand};
use uuid::Uuid;

use crate::{Commands, Done, Error, Loaded, Request};

impl Commands {
    /// The chat called `id` as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_chat(&self, id: Uuid) -> Result<Arc<Loaded<Chat>>, Error> {
        self.chats.load(id, true).await
    }

    /// Does one thing to the chat called `id`.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn chat(&self, request: &Request, id: Uuid, command: ChatCommand) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let chat = self.chats.load(id, fresh).await?;
                Ok(request.append(vec![chat.decide(id, request.issue(command.clone()))?]))
            })
        })
        .await
    }
}
