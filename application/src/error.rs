//! Why a use case did not do what it was asked.

use chrono::{DateTime, Utc};
use domain::refusal::Refusal;

use crate::ledger::{AppendError, ClaimKind, ReadError};

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules forbid it.
    #[error("{0}")]
    Refused(Box<dyn Refusal + Send + Sync>),
    /// The caller insisted on a version that is not the current one.
    #[error("the resource has changed since version {expected}")]
    Stale {
        /// The version the caller saw.
        expected: i32,
        /// The version there is.
        current: i32,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    CommandReused,
    /// Somebody else holds a value that must be unique.
    #[error("this {} is taken", .0.in_words())]
    Taken(ClaimKind),
    /// The allowance is used up.
    #[error("no more than {limit} tickets in 24 hours")]
    QuotaExceeded {
        /// How many are allowed.
        limit: i32,
        /// When the next one is possible.
        retry_at: DateTime<Utc>,
    },
    /// It would write something about a person who was erased.
    #[error("the person this is about was erased; nothing more can be written about them")]
    Erased,
    /// Too many commands met on one stream.
    #[error("too many commands on the same ticket at once")]
    Contended,
    /// More commands are waiting than the desk can take.
    #[error("the desk is overloaded")]
    Overloaded,
    /// The database cannot be reached; whether the command was accepted is unknown.
    #[error("the database cannot be reached")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Unexpected(anyhow::Error),
}

impl Error {
    /// A refusal by the rules.
    pub fn refused(refusal: impl Refusal + Send + Sync + 'static) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict => Self::Contended,
            AppendError::CommandReused => Self::CommandReused,
            AppendError::Claimed(kind) => Self::Taken(kind),
            AppendError::QuotaExceeded { limit, retry_at } => Self::QuotaExceeded { limit, retry_at },
            AppendError::Erased(_) => Self::Erased,
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Unavailable(reason) => Self::Unavailable(reason),
            AppendError::Rejected(reason) => {
                Self::Unexpected(anyhow::anyhow!("the log refuses the events: {reason}"))
            }
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(reason) => Self::Unavailable(reason),
            ReadError::Unreadable(reason) => Self::Unexpected(anyhow::anyhow!(reason)),
        }
    }
}
