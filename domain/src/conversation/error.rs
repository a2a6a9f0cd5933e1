//! Why a conversation refuses a command.

use crate::refusal::{Refusal, RefusalKind};

/// Why a conversation refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// The message was never posted, or the caller may not read it.
    #[error("there is no such message")]
    NotFound,
    /// The caller may not do this; the words say who may.
    #[error("only {0} may do this")]
    Forbidden(&'static str),
    /// Another message has this id.
    #[error("another message has this id already")]
    AlreadyExists,
}

impl Refusal for ConversationError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden(_) => RefusalKind::Forbidden,
            Self::AlreadyExists => RefusalKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden(_) => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
        }
    }
}
