//! What can have happened to a notification.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evolution::STEPS;
use super::values::{Alert, Channel, Kind};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::evolution::Step;
use crate::id::{MessageId, TicketId, UserId};
use crate::misuse::values::ReportId;
use crate::ticket::values::Status;

/// What can have happened to a notification. It holds no text: what it says is read where it is shown, so whoever does not
/// see the ticket any more reads nothing of it, and nothing of what was erased or redacted since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum NotificationEvent {
    /// Somebody is told of something.
    NotificationRaised {
        /// Who.
        user: UserId,
        /// What it is about.
        kind: Kind,
        /// The ticket.
        ticket: Option<TicketId>,
        /// The message.
        message_id: Option<MessageId>,
        /// Who did it; none for the desk itself.
        by: Option<UserId>,
        /// To whom the ticket was assigned.
        assignee: Option<UserId>,
        /// Where the ticket stands now.
        status: Option<Status>,
        /// What a system alert says.
        alert: Option<Alert>,
        /// The report of misuse.
        report: Option<ReportId>,
        /// How they are told, as they had chosen when it happened.
        channels: Vec<Channel>,
    },
    /// They read it.
    NotificationRead {
        /// Who.
        user: UserId,
    },
    /// They want to come back to it.
    NotificationUnread {
        /// Who.
        user: UserId,
    },
    /// They do not want to see it any more.
    NotificationDeleted {
        /// Who.
        user: UserId,
    },
}

impl NotificationEvent {
    /// Whose notification it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        match self {
            Self::NotificationRaised { user, .. }
            | Self::NotificationRead { user }
            | Self::NotificationUnread { user }
            | Self::NotificationDeleted { user } => *user,
        }
    }
}

impl From<NotificationEvent> for Event {
    fn from(event: NotificationEvent) -> Self {
        Self::Notification(event)
    }
}

impl StoredEvent for NotificationEvent {
    const STREAM: StreamType = StreamType::Notification;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("NotificationRaised", 2),
        ("NotificationRead", 1),
        ("NotificationUnread", 1),
        ("NotificationDeleted", 1),
    ];
    const STEPS: &'static [Step] = STEPS;

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Notification(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for NotificationEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
