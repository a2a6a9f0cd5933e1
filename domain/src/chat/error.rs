//! Why a chat refuses a command.

use serde_json::Value;

use super::values::MOST_TURNS;
use crate::id::TicketId;
use crate::refusal::{Refusal, RefusalKind};

/// Why a chat refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// There is no such chat, for the caller.
    #[error("there is no such conversation")]
    NotFound,
    /// It is as long as chats get.
    #[error("a conversation has {MOST_TURNS} questions at most: begin another one")]
    Full,
    /// It is a ticket already.
    #[error("the conversation became ticket {0} already")]
    Filed(TicketId),
}

impl Refusal for ChatError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Full | Self::Filed(_) => RefusalKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Full => "CONVERSATION_FULL",
            Self::Filed(_) => "CONVERSATION_FILED",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::Filed(ticket) => Some(serde_json::json!({ "ticket_id": ticket.to_string() })),
            Self::NotFound | Self::Full => None,
        }
    }
}
