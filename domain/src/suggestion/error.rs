//! Why a suggested reply refuses a command.

use serde_json::Value;

use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a suggested reply refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuggestionError {
    /// There is no such suggestion, for the caller.
    #[error("there is no such suggestion")]
    NotFound,
    /// The caller is neither an agent nor an administrator.
    #[error("only agents and administrators may do this")]
    Forbidden,
    /// The identity is in use.
    #[error("the suggestion exists already")]
    AlreadyExists,
    /// Nobody said what was sent instead.
    #[error("content: is required for an edited reply: what was sent")]
    NothingSent,
}

impl Refusal for SuggestionError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden => RefusalKind::Forbidden,
            Self::AlreadyExists => RefusalKind::Conflict,
            Self::NothingSent => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::NothingSent => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        wrong_field("required", &self.to_string())
    }
}
