//! Why a webhook refuses a command.

use serde_json::Value;

use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a webhook refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// There is no such webhook, or not any more.
    #[error("there is no such webhook")]
    NotFound,
    /// The caller is no administrator.
    #[error("only administrators may do this")]
    Forbidden,
    /// It was added before.
    #[error("the webhook exists already")]
    AlreadyExists,
    /// The position to begin at is none of the log.
    #[error("from_pos: must be 1 to {head}, where the log ends")]
    NoSuchPosition {
        /// The newest position.
        head: i64,
    },
}

impl Refusal for WebhookError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden => RefusalKind::Forbidden,
            Self::AlreadyExists => RefusalKind::Conflict,
            Self::NoSuchPosition { .. } => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::NoSuchPosition { .. } => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        wrong_field("invalid", &self.to_string())
    }
}
