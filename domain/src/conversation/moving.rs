//! Messages that move to another ticket, with their author, their time, and the keys of what they say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::values::{MessageType, SenderRole};
use super::{Conversation, ConversationError, ConversationEvent, Decision, Message};
use crate::access::Caller;
use crate::id::{MessageId, TicketId, UserId};
use crate::sealed::Sealed;

/// How many messages are split off at once at most.
pub const MOST_MOVED: usize = 100;
/// How many messages go back at once at most, when a split is taken back. Each is two events of one append, of which a batch of
/// the log has 2,048.
pub const MOST_RETURNED: usize = 1_000;

/// A message on its way to another ticket, as it was when it left.
#[derive(Debug, Clone, PartialEq)]
pub struct Moving {
    /// Its identity on the other ticket.
    pub message_id: MessageId,
    /// Its identity where it was.
    pub origin: MessageId,
    /// Who wrote it; none for the desk itself.
    pub sender: Option<UserId>,
    /// As what.
    pub sender_role: SenderRole,
    /// What kind of message it is.
    pub message_type: MessageType,
    /// What it says, with the key that it says it under; none if nothing is left of it.
    pub content: Option<Sealed>,
    /// Whether what it said was made unreadable, all of it or parts.
    pub is_redacted: bool,
    /// Whether only staff may read it.
    pub is_internal: bool,
    /// Whether a model wrote it.
    pub is_ai: bool,
    /// Who is spoken to in it.
    pub mentions: Vec<UserId>,
    /// When it was written.
    pub posted_at: DateTime<Utc>,
}

impl Conversation {
    /// Lets messages go on in the conversation of `to`, each under the identity given for it there.
    pub(super) fn move_out(
        &self,
        by: &Caller,
        to: TicketId,
        messages: &BTreeMap<MessageId, MessageId>,
    ) -> Decision {
        if !by.is_staff() {
            return Err(ConversationError::Forbidden("staff"));
        }
        if messages.len() > MOST_RETURNED {
            return Err(ConversationError::TooManyToMove(messages.len()));
        }
        let moved = messages.iter().map(|(message_id, becomes)| {
            let message = self.message(message_id).ok_or(ConversationError::NoSuchMessage)?;
            if message.is_moved {
                return Err(ConversationError::MovedAway);
            }
            Ok(ConversationEvent::MessageMovedOut {
                message_id: *message_id,
                is_internal: message.is_internal,
                to: Some(to),
                becomes: Some(*becomes),
            })
        });
        moved.collect()
    }

    /// The messages that have not gone on elsewhere.
    pub fn staying(&self) -> impl Iterator<Item = MessageId> {
        self.messages.iter().filter(|(_, message)| !message.is_moved).map(|(id, _)| *id)
    }

    /// Takes messages over from the conversation of `from`, in this order. One that was here before comes back, and has no origin:
    /// to whoever counts, it is no other message than before.
    pub(super) fn move_in(&self, by: &Caller, from: TicketId, messages: Vec<Moving>) -> Decision {
        if !by.is_staff() {
            return Err(ConversationError::Forbidden("staff"));
        }
        let moved = messages.into_iter().map(|moving| {
            let origin = match self.message(&moving.message_id) {
                None => Some(moving.origin),
                Some(before) if before.is_moved => None,
                Some(_) => return Err(ConversationError::AlreadyExists),
            };
            Ok(moving.arriving(from, origin))
        });
        moved.collect()
    }

    /// Remembers a message that goes on here; one that comes back with what was thought of it and what its sender called it.
    pub(super) fn moved_in(
        &mut self,
        message_id: MessageId,
        sender: Option<UserId>,
        content: Option<Sealed>,
        is_internal: bool,
    ) {
        let before = self.messages.remove(&message_id);
        let (client_msg_id, feedback) =
            before.map(|before| (before.client_msg_id, before.feedback)).unwrap_or_default();
        let (is_gone, is_moved) = (content.is_none(), false);
        let key = content.and_then(|content| content.own_key());
        let message = Message { sender, is_internal, client_msg_id, key, is_gone, is_moved, feedback };
        self.messages.insert(message_id, message);
    }
}

impl ConversationEvent {
    /// Whether a message comes back that was here before. Asked of the whole event: its public part names no origin.
    #[must_use]
    pub fn is_return(&self) -> bool {
        matches!(self, Self::MessageMovedIn { origin: None, .. })
    }
}

impl Moving {
    /// Its arrival from the conversation of `from`, where it was called `origin`.
    fn arriving(self, from: TicketId, origin: Option<MessageId>) -> ConversationEvent {
        let moving = self;
        ConversationEvent::MessageMovedIn {
            message_id: moving.message_id,
            from: Some(from),
            origin,
            sender: moving.sender,
            sender_role: moving.sender_role,
            message_type: moving.message_type,
            content: moving.content,
            is_redacted: moving.is_redacted,
            is_internal: moving.is_internal,
            is_ai: moving.is_ai,
            mentions: moving.mentions,
            posted_at: moving.posted_at,
        }
    }
}
