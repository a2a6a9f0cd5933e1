//! Why the settings refuse a command.

use crate::refusal::{Refusal, RefusalKind};

/// Why the settings refuse a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The caller is no administrator.
    #[error("only administrators may do this")]
    Forbidden,
}

impl Refusal for SettingError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Forbidden => RefusalKind::Forbidden,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "AUTHZ_FORBIDDEN",
        }
    }
}
