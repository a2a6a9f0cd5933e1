//! Why a report of misuse refuses a command.

use crate::refusal::{Refusal, RefusalKind};

/// Why a report of misuse refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is no such report.
    #[error("there is no such report")]
    NotFound,
    /// The caller is no administrator.
    #[error("only administrators may do this")]
    Forbidden,
    /// A person wants to file one.
    #[error("only the desk itself files reports")]
    DeskOnly,
}

impl Refusal for ReportError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden | Self::DeskOnly => RefusalKind::Forbidden,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden | Self::DeskOnly => "AUTHZ_FORBIDDEN",
        }
    }
}
