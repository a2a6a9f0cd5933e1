//! Why the relay stopped for a moment, or for good.

/// Why the relay stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// NATS or the database cannot be reached, or does not do what it should: try again soon.
    #[error("{0}")]
    Away(String),
    /// The stream did not end where it was left: another relay is at work, or the stream was put back.
    #[error("the stream moved")]
    Moved,
    /// The stream is not a copy of the log and would not become one: nothing is published.
    #[error("{0}")]
    Refused(String),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        tracing::debug!(%error, "The relay cannot read the log");
        Self::Away("the database does not answer".to_owned())
    }
}
