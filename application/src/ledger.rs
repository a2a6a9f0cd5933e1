//! The log as the use cases see it: appends that are decided whole, and streams to fold.

use std::borrow::Cow;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Actor;
use domain::event::{Event, Recorded, StreamType};
use domain::id::UserId;
use uuid::Uuid;

/// Events for one or more streams, accepted together or not at all.
#[derive(Debug, Clone)]
pub struct Append {
    /// Names this append for ever: sent again, it has the outcome it had the first time.
    pub command_id: Uuid,
    /// What the command said; the same id with another fingerprint is refused. None if nobody can repeat it.
    pub fingerprint: Option<[u8; 32]>,
    /// The events, by stream. A stream without events only states the version that was read.
    pub streams: Vec<StreamAppend>,
    /// Values that must be unique.
    pub claims: Vec<Claim>,
    /// Values that are free again.
    pub releases: Vec<Claim>,
    /// An allowance that the append uses up.
    pub quota: Option<Quota>,
    /// What all the events share.
    pub envelope: Envelope,
}

/// One stream's part of an append.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream.
    pub stream: Uuid,
    /// Its kind.
    pub stream_type: StreamType,
    /// The version the decision was based on: 0 for a new stream.
    pub expected: i32,
    /// What happened.
    pub events: Vec<Event>,
}

/// A value only one stream may hold at a time, such as a user name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What kind of value.
    pub kind: ClaimKind,
    /// The value, in the one spelling under which it is unique. The log stores a keyed hash of it.
    pub value: String,
    /// Who holds it.
    pub holder: Uuid,
}

/// The kinds of unique values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum ClaimKind {
    /// The name somebody signs in with.
    Username,
    /// Somebody's address.
    Email,
    /// The code of an entry, with its catalogue before it.
    Code,
    /// Who somebody is at a provider: see `Identity`.
    Identity,
    /// A domain of e-mail addresses, whose organization it is.
    Domain,
    /// The name of an article in addresses.
    DocumentId,
}

impl ClaimKind {
    /// What people call it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Username => "user name",
            Self::Email => "e-mail address",
            Self::Code => "code",
            Self::Identity => "identity",
            Self::Domain => "domain",
            Self::DocumentId => "document id",
        }
    }
}

/// An allowance of so many appends within a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Whose allowance.
    pub key: Uuid,
    /// How many.
    pub limit: i32,
    /// Within how long.
    pub window: TimeDelta,
}

/// What all events of an append share.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// Who acted.
    pub actor: Actor,
    /// Through which door.
    pub via: Cow<'static, str>,
    /// The event that caused the command; none when a person did.
    pub causation_id: Option<Uuid>,
    /// What ties together everything that follows from one request.
    pub correlation_id: Uuid,
}

/// An accepted append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of its first event.
    pub first: i64,
    /// The position of its last event.
    pub last: i64,
    /// Whether it had been accepted before and nothing was added now.
    pub repeated: bool,
}

/// Why an append was not accepted, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Another append changed a stream first.
    #[error("another command changed the same stream first")]
    Conflict,
    /// The command id was used for another command.
    #[error("the command id was used for another command")]
    CommandReused,
    /// Somebody else holds the value.
    #[error("this {} is taken", .0.in_words())]
    Claimed(ClaimKind),
    /// The allowance is used up.
    #[error("the allowance is used up until {retry_at}")]
    QuotaExceeded {
        /// How many are allowed.
        limit: i32,
        /// When the next one is possible.
        retry_at: DateTime<Utc>,
    },
    /// It holds a text about somebody who was erased: there is no key to seal it with.
    #[error("{0} was erased")]
    Erased(UserId),
    /// Too many appends are waiting; this one was not tried.
    #[error("too many appends are waiting")]
    Overloaded,
    /// The database cannot be reached, or did not answer: the outcome is unknown, and sending the same
    /// command id again tells it.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// The log refuses these events, whoever sends them.
    #[error("the log refuses these events: {0}")]
    Rejected(String),
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What the command said, if it could be repeated.
    pub fingerprint: Option<[u8; 32]>,
    /// Where its events are.
    pub appended: Appended,
}

/// The log could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be reached or did not answer in time.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// An event cannot be understood.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
}

/// The log: on PostgreSQL in the product, in memory where tests compare against a model.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Appends all of it or nothing.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// The events of the streams behind the given versions, stream by stream, oldest first.
    async fn read_streams(&self, after: &[(Uuid, i32)]) -> Result<Vec<Recorded>, ReadError>;

    /// The events from `first` to `last`, in order.
    async fn read_range(&self, first: i64, last: i64) -> Result<Vec<Recorded>, ReadError>;

    /// The stream that holds a unique value, if one does.
    async fn holder_of(&self, kind: ClaimKind, value: &str) -> Result<Option<Uuid>, ReadError>;

    /// What became of a command; none if the log never accepted it.
    async fn outcome(&self, command_id: Uuid) -> Result<Option<Outcome>, ReadError>;
}
