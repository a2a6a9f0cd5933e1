//! What can have been said on a ticket.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::evolution::STEPS;
use super::values::{Feedback, MessageType, SenderRole};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::evolution::Step;
use crate::id::{AttachmentId, MessageId, TicketId, UserId};
use crate::sealed::Sealed;

/// What can have been said on a ticket, and what people thought of it.
///
/// The content is sealed with the key of the ticket's requester: a conversation is about them, whoever
/// wrote the line, so erasing them erases all of it. Since messages can be redacted it has a key of its own besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum ConversationEvent {
    /// Somebody wrote a message.
    MessagePosted {
        /// Its identity.
        message_id: MessageId,
        /// Who wrote it; none for the desk itself.
        sender: Option<UserId>,
        /// As what.
        sender_role: SenderRole,
        /// What kind of message it is.
        message_type: MessageType,
        /// What it says.
        content: Sealed,
        /// Whether only staff may read it.
        is_internal: bool,
        /// Whether a model wrote it.
        is_ai: bool,
        /// The sender's own id for it, by which a repeated sending is recognised.
        client_msg_id: Option<String>,
        /// Who is spoken to in it, by identity.
        mentions: Vec<UserId>,
    },
    /// What a message said, or parts of it, was made unreadable: the key of its content is destroyed.
    MessageRedacted {
        /// The message.
        message_id: MessageId,
        /// Whether only staff could read it.
        is_internal: bool,
        /// The key that is destroyed, by name.
        destroyed_key: Uuid,
        /// What is left of what it said; none if nothing is.
        left: Option<Sealed>,
        /// Why; for staff.
        reason: Option<Sealed>,
    },
    /// A message went on on another ticket; here nothing is shown of what it says any more.
    MessageMovedOut {
        /// The message.
        message_id: MessageId,
        /// Whether only staff could read it.
        is_internal: bool,
        /// The other ticket.
        to: Option<TicketId>,
        /// What the message is called there.
        becomes: Option<MessageId>,
    },
    /// A message of another ticket goes on here. What it says is under the keys that it was under there: whatever destroys it
    /// here destroys it there.
    MessageMovedIn {
        /// Its identity.
        message_id: MessageId,
        /// The other ticket.
        from: Option<TicketId>,
        /// Its identity there; none if it comes back under the identity that it had here.
        origin: Option<MessageId>,
        /// Who wrote it; none for the desk itself.
        sender: Option<UserId>,
        /// As what.
        sender_role: SenderRole,
        /// What kind of message it is.
        message_type: MessageType,
        /// What it says; none if nothing is left of it.
        content: Option<Sealed>,
        /// Whether what it said was made unreadable, all of it or parts.
        is_redacted: bool,
        /// Whether only staff may read it.
        is_internal: bool,
        /// Whether a model wrote it.
        is_ai: bool,
        /// Who is spoken to in it, by identity.
        mentions: Vec<UserId>,
        /// When it was written.
        posted_at: DateTime<Utc>,
    },
    /// Somebody judged a message; a later judgement by the same person replaces it.
    MessageFeedbackSet {
        /// The message.
        message_id: MessageId,
        /// Who judged.
        by: UserId,
        /// How.
        feedback: Feedback,
    },
    /// A file was put with the ticket, or with a message; again, if it moved from the one to the other.
    AttachmentAdded {
        /// The file.
        attachment_id: AttachmentId,
        /// The message that it goes with; none if it goes with the ticket.
        message_id: Option<MessageId>,
        /// Who uploaded it.
        uploader: UserId,
        /// What it is called.
        name: Sealed,
        /// How many bytes it has.
        #[schema(minimum = 0)]
        size: i64,
        /// Its media type, by its content.
        mime: String,
        /// The SHA-256 of its content, in hexadecimal digits.
        sha256: String,
        /// Whether only staff may see it.
        is_internal: bool,
        /// When it was put there.
        at: DateTime<Utc>,
    },
    /// A file was removed: its key is destroyed, and then its content.
    AttachmentRemoved {
        /// The file.
        attachment_id: AttachmentId,
        /// The message that it went with; none if it went with the ticket.
        message_id: Option<MessageId>,
        /// Whether only staff could see it.
        is_internal: bool,
    },
}

impl From<ConversationEvent> for Event {
    fn from(event: ConversationEvent) -> Self {
        Self::Conversation(event)
    }
}

impl StoredEvent for ConversationEvent {
    const STREAM: StreamType = StreamType::Conversation;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("MessagePosted", 2),
        ("MessageFeedbackSet", 1),
        ("MessageRedacted", 1),
        ("MessageMovedOut", 1),
        ("MessageMovedIn", 1),
        ("AttachmentAdded", 1),
        ("AttachmentRemoved", 1),
    ];
    const STEPS: &'static [Step] = STEPS;

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Conversation(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for ConversationEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
