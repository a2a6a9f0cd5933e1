//! Webhooks.

use std::sync::Arc;

use domain::webhook::{Webhook, WebhookCommand};
use uuid::Uuid;

use crate::{Commands, Done, Error, Loaded, Request};

impl Commands {
    /// Adds the webhook `id`; gives its identity, which is another one if the same request added it before.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn add_webhook(
        &self,
        request: &Request,
        id: Uuid,
        add: WebhookCommand,
    ) -> Result<(Uuid, Done), Error> {
        let done = self.webhook(request, id, add).await?;
        match done {
            Done::Changed(appended) if appended.repeated => {
                let first = self.ledger.read_range(appended.first, appended.first).await?;
                Ok((first.first().map_or(id, |recorded| recorded.stream), done))
            }
            _ => Ok((id, done)),
        }
    }

    /// Does to the webhook `id` what `command` asks for.
    ///
    /// # Errors
    /// Refused by the rules, or the webhook is not at the version the caller insists on.
    pub async fn webhook(&self, request: &Request, id: Uuid, command: WebhookCommand) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let webhook = self.webhooks.load(id, fresh).await?;
                request.insist_on(&webhook)?;
                Ok(request.append(vec![webhook.decide(id, request.issue(command.clone()))?]))
            })
        })
        .await
    }

    /// The webhook `id` as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_webhook(&self, id: Uuid) -> Result<Arc<Loaded<Webhook>>, Error> {
        self.webhooks.load(id, true).await
    }
}
