//! Replies that are suggested to agents.

use std::sync::Arc;

use domain::suggestion::{Suggestion, SuggestionCommand};
use uuid::Uuid;

use crate::{Commands, Done, Error, Loaded, Request};

impl Commands {
    /// The suggestion called `id` as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_suggestion(&self, id: Uuid) -> Result<Arc<Loaded<Suggestion>>, Error> {
        self.suggestions.load(id, true).await
    }

    /// Does one thing to the suggestion called `id`.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn suggestion(
        &self,
        request: &Request,
        id: Uuid,
        command: SuggestionCommand,
    ) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let suggestion = self.suggestions.load(id, fresh).await?;
                Ok(request.append(vec![suggestion.decide(id, request.issue(command.clone()))?]))
            })
        })
        .await
    }
}
