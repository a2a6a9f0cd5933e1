//! Why a notification refuses a command.

use crate::refusal::{Refusal, RefusalKind};

/// Why a notification refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// There is no such notification, or it is somebody else's.
    #[error("there is no such notification")]
    NotFound,
    /// It was raised before.
    #[error("the notification exists already")]
    AlreadyExists,
}

impl Refusal for NotificationError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyExists => RefusalKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "DUPLICATE",
        }
    }
}
