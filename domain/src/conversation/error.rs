//! Why a conversation refuses a command.

use serde_json::Value;

use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a conversation refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// The message was never posted, or the caller may not read it.
    #[error("there is no such message")]
    NotFound,
    /// The caller may not do this; the words say who may.
    #[error("only {0} may do this")]
    Forbidden(&'static str),
    /// Its content has no key of its own that could be destroyed.
    #[error("the message was posted by a version that could not redact; erasing the requester removes it")]
    NotRedactable,
    /// It was redacted since it was read.
    #[error("the message was redacted by somebody else meanwhile")]
    RedactedMeanwhile,
    /// A part that is not in the text.
    #[error("spans: must lie within the message's {0} characters, each with its start before its end")]
    NoSuchSpan(usize),
    /// Another message has this id.
    #[error("another message has this id already")]
    AlreadyExists,
}

impl Refusal for ConversationError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden(_) => RefusalKind::Forbidden,
            Self::AlreadyExists | Self::NotRedactable | Self::RedactedMeanwhile => RefusalKind::Conflict,
            Self::NoSuchSpan(_) => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden(_) => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::NotRedactable | Self::RedactedMeanwhile => "CONFLICT",
            Self::NoSuchSpan(_) => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::NoSuchSpan(_) => wrong_field("invalid", &self.to_string()),
            _ => None,
        }
    }
}
