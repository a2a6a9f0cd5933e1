//! A webhook: somebody outside whom the desk tells of events as they happen.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use command::{Destination, WebhookCommand};
pub use error::WebhookError;
pub use event::WebhookEvent;

use crate::{Decide, Issued};

/// How long messages are signed with the former secret besides the new one.
const FORMER_SECRET_FOR: TimeDelta = TimeDelta::hours(24);

/// A webhook, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Webhook {
    live: Option<Live>,
    is_removed: bool,
}

/// A webhook that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The host of its address.
    pub host: String,
    /// Under which id the desk keeps the address.
    pub url_id: Uuid,
    /// Under which id the desk keeps the secret.
    pub secret_id: Uuid,
    /// The secret before, if there was one, and until when messages are signed with it besides.
    pub former_secret: Option<(Uuid, DateTime<Utc>)>,
    /// Of which types of events it is told; empty for all.
    pub events: Vec<String>,
    /// Whether of everything that an administrator sees.
    pub internal: bool,
    /// Whether anything is sent.
    pub enabled: bool,
}

type Decision = Result<Vec<WebhookEvent>, WebhookError>;

impl Webhook {
    /// What it is; none if it was never added, or removed.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }
}

impl Live {
    /// Whether what the desk keeps under `id` is needed at `now`.
    #[must_use]
    pub fn needs(&self, id: Uuid, now: DateTime<Utc>) -> bool {
        let former = self.former_secret.filter(|(_, until)| *until > now).map(|(id, _)| id);
        id == self.url_id || id == self.secret_id || Some(id) == former
    }

    /// It as `command` would have it; only changes change it.
    fn after(&self, command: WebhookCommand) -> Self {
        let mut after = self.clone();
        if let WebhookCommand::Change { to, events, internal, enabled } = command {
            if let Some(Destination { host, url_id }) = to {
                (after.host, after.url_id) = (host, url_id);
            }
            after.events = events.unwrap_or(after.events);
            after.internal = internal.unwrap_or(after.internal);
            after.enabled = enabled.unwrap_or(after.enabled);
        }
        after
    }

    fn change(&self, command: WebhookCommand) -> Vec<WebhookEvent> {
        let after = self.after(command);
        if after == *self {
            return vec![];
        }
        let Self { host, url_id, events, internal, enabled, .. } = after;
        vec![WebhookEvent::WebhookChanged { host, url_id, events, internal, enabled }]
    }

    fn decide(&self, at: DateTime<Utc>, command: WebhookCommand) -> Decision {
        Ok(match command {
            WebhookCommand::Add { .. } => return Err(WebhookError::AlreadyExists),
            change @ WebhookCommand::Change { .. } => self.change(change),
            WebhookCommand::RotateSecret { secret_id } => {
                vec![WebhookEvent::WebhookSecretRotated { secret_id, former_until: at + FORMER_SECRET_FOR }]
            }
            WebhookCommand::Replay { from_pos, head } if (1..=head).contains(&from_pos) => {
                vec![WebhookEvent::WebhookReplayed { from_pos }]
            }
            WebhookCommand::Replay { head, .. } => return Err(WebhookError::NoSuchPosition { head }),
            WebhookCommand::Disable { .. } if !self.enabled => vec![],
            WebhookCommand::Disable { reason } => vec![WebhookEvent::WebhookDisabled { reason }],
            WebhookCommand::Remove => vec![WebhookEvent::WebhookRemoved {}],
        })
    }
}

impl Decide for Webhook {
    fn decide(&self, issued: Issued<WebhookCommand>) -> Decision {
        let Issued { by, at, command, .. } = issued;
        if !by.is_admin() {
            return Err(WebhookError::Forbidden);
        }
        match (&self.live, command) {
            (Some(live), command) => live.decide(at, command),
            (None, WebhookCommand::Add { to, secret_id, events, internal }) if !self.is_removed => {
                let Destination { host, url_id } = to;
                Ok(vec![WebhookEvent::WebhookAdded { host, url_id, secret_id, events, internal }])
            }
            (None, WebhookCommand::Remove) if self.is_removed => Ok(vec![]),
            (None, _) => Err(WebhookError::NotFound),
        }
    }
}

impl Aggregate for Webhook {
    const TYPE: &'static str = "webhook";
    type Command = Issued<WebhookCommand>;
    type Event = WebhookEvent;
    type Error = WebhookError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), WebhookError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: WebhookEvent) {
        use WebhookEvent as E;
        match (&mut self.live, event) {
            (live, E::WebhookAdded { host, url_id, secret_id, events, internal }) => {
                let (former_secret, enabled) = (None, true);
                *live = Some(Live { host, url_id, secret_id, former_secret, events, internal, enabled });
            }
            (Some(live), E::WebhookChanged { host, url_id, events, internal, enabled }) => {
                let (secret_id, former_secret) = (live.secret_id, live.former_secret);
                *live = Live { host, url_id, secret_id, former_secret, events, internal, enabled };
            }
            (Some(live), E::WebhookSecretRotated { secret_id, former_until }) => {
                live.former_secret = Some((live.secret_id, former_until));
                live.secret_id = secret_id;
            }
            (Some(live), E::WebhookDisabled { .. }) => live.enabled = false,
            (live, E::WebhookRemoved {}) => {
                *live = None;
                self.is_removed = true;
            }
            (Some(_), E::WebhookReplayed { .. }) | (None, _) => {}
        }
    }
}
