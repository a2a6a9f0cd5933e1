//! What can be asked of a conversation.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::moving::Moving;
use super::values::Feedback;
use crate::attachment::Uploaded;
use crate::id::{AttachmentId, MessageId, TicketId, UserId};

/// What can be asked of a conversation. That the caller sees the ticket and that the ticket takes messages
/// is the ticket's decision ([`crate::ticket::TicketCommand::Answer`]), taken in the same append.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationCommand {
    /// Write a message.
    Post {
        /// Its identity.
        message_id: MessageId,
        /// Whose ticket it is on: the content is sealed with their key.
        requester: UserId,
        /// What it says, parsed.
        content: String,
        /// Whether only staff may read it; staff only.
        is_internal: bool,
        /// Whether a model wrote it; staff only.
        is_ai: bool,
        /// The sender's own id for it.
        client_msg_id: Option<String>,
        /// Who is spoken to in it: see [`super::mentions::kept`].
        mentions: Vec<UserId>,
        /// The files that go with it, each the sender's own.
        attachments: Vec<Uploaded>,
    },
    /// Put files with the ticket itself.
    Attach {
        /// Whose ticket it is.
        requester: UserId,
        /// The files, each the caller's own.
        files: Vec<Uploaded>,
        /// Whether only staff may see them; staff only.
        is_internal: bool,
    },
    /// Remove a file.
    RemoveAttachment {
        /// The file.
        attachment_id: AttachmentId,
    },
    /// Make what a message says unreadable, all of it or parts.
    Redact {
        /// The message.
        message_id: MessageId,
        /// Whose ticket it is on.
        requester: UserId,
        /// The key of its content as it was read.
        seen: Option<Uuid>,
        /// What is left of it, under a key of this name; none if nothing is.
        left: Option<(Uuid, String)>,
        /// Why.
        reason: String,
    },
    /// Let messages go on on another ticket.
    MoveOut {
        /// The other ticket.
        to: TicketId,
        /// Which, and what each is called there.
        messages: BTreeMap<MessageId, MessageId>,
    },
    /// Take messages over from another ticket.
    MoveIn {
        /// The other ticket.
        from: TicketId,
        /// The messages, in their order.
        messages: Vec<Moving>,
    },
    /// Judge a message.
    SetFeedback {
        /// The message.
        message_id: MessageId,
        /// How.
        feedback: Feedback,
    },
}
