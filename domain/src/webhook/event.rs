//! What can have happened to a webhook.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::{Event, StoredEvent, StreamType, version_of};

/// What can have happened to a webhook. Addresses and secrets are not in the log: an address may be a secret, too. The
/// log has the host, and the ids under which the desk keeps the rest sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum WebhookEvent {
    /// Somebody wants to be told of events.
    WebhookAdded {
        /// Who is told: the host of the address.
        host: String,
        /// Under which id the desk keeps the address.
        url_id: Uuid,
        /// Under which id the desk keeps the secret.
        secret_id: Uuid,
        /// Of which types of events; empty for all.
        events: Vec<String>,
        /// Whether of everything that an administrator sees, or of the public part of tickets only.
        internal: bool,
    },
    /// It is another one; all is repeated as it is from now on.
    WebhookChanged {
        /// Who is told.
        host: String,
        /// Under which id the desk keeps the address.
        url_id: Uuid,
        /// Of which types of events; empty for all.
        events: Vec<String>,
        /// Whether of everything that an administrator sees.
        internal: bool,
        /// Whether anything is sent.
        enabled: bool,
    },
    /// It has another secret.
    WebhookSecretRotated {
        /// Under which id the desk keeps the new one.
        secret_id: Uuid,
        /// Until when messages are signed with the former one besides.
        former_until: DateTime<Utc>,
    },
    /// It is told once more of all that happened from a position on.
    WebhookReplayed {
        /// The first position.
        #[schema(minimum = 1)]
        from_pos: i64,
    },
    /// The desk sends it nothing any more.
    WebhookDisabled {
        /// Why.
        reason: String,
    },
    /// It is gone.
    WebhookRemoved {},
}

impl From<WebhookEvent> for Event {
    fn from(event: WebhookEvent) -> Self {
        Self::Webhook(event)
    }
}

impl StoredEvent for WebhookEvent {
    const STREAM: StreamType = StreamType::Webhook;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("WebhookAdded", 1),
        ("WebhookChanged", 1),
        ("WebhookSecretRotated", 1),
        ("WebhookReplayed", 1),
        ("WebhookDisabled", 1),
        ("WebhookRemoved", 1),
    ];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Webhook(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for WebhookEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
