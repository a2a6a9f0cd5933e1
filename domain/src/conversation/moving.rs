//! Messages that move to another ticket, with their author, their time, and the keys of what they say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::values::{MessageType, SenderRole};
use super::{Conversation, ConversationError, ConversationEvent, Decision};
use crate::access::Caller;
use crate::id::{MessageId, TicketId, UserId};
use crate::sealed::Sealed;

/// How many messages move at once at most.
pub const MOST_MOVED: usize = 100;

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

    /// Takes messages over from the conversation of `from`, in this order.
    pub(super) fn move_in(by: &Caller, from: TicketId, messages: Vec<Moving>) -> Decision {
        if !by.is_staff() {
            return Err(ConversationError::Forbidden("staff"));
        }
        let moved = messages.into_iter().map(|moving| ConversationEvent::MessageMovedIn {
            message_id: moving.message_id,
            from: Some(from),
            origin: Some(moving.origin),
            sender: moving.sender,
            sender_role: moving.sender_role,
            message_type: moving.message_type,
            content: moving.content,
            is_redacted: moving.is_redacted,
            is_internal: moving.is_internal,
            is_ai: moving.is_ai,
            mentions: moving.mentions,
            posted_at: moving.posted_at,
        });
        Ok(moved.collect())
    }
}
