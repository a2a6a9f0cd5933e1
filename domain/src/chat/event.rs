//! What can have happened in a chat.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::values::{Origin, ReplyKind};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::{TicketId, UserId};
use crate::knowledge::reception::UsedBy;
use crate::sealed::Sealed;

/// What can have happened in a chat. Its texts are sealed with the key of whoever asked; of somebody who is not signed in, with
/// the chat's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum ChatEvent {
    /// Somebody asked, and was answered.
    QuestionAnswered {
        /// Who asked; none is somebody who is not signed in.
        user: Option<UserId>,
        /// Where they asked.
        at: UsedBy,
        /// What they asked.
        question: Sealed,
        /// What kind of an answer they got.
        kind: ReplyKind,
        /// The answer.
        answer: Sealed,
        /// Where it comes from.
        origin: Origin,
    },
    /// It became a ticket.
    ChatFiled {
        /// Which.
        ticket: TicketId,
    },
}

impl From<ChatEvent> for Event {
    fn from(event: ChatEvent) -> Self {
        Self::Chat(event)
    }
}

impl StoredEvent for ChatEvent {
    const STREAM: StreamType = StreamType::Chat;
    const TYPES: &'static [(&'static str, i16)] = &[("QuestionAnswered", 1), ("ChatFiled", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Chat(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for ChatEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
