//! What can be wrong with an answer of a provider.

use std::time::Duration;

/// Why a request was not answered, or not with something that a model said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No connection, or one that broke off.
    Failed,
    /// It takes too long.
    TooSlow,
    /// Another status, and how long it asks to be left alone.
    Status(u16, Option<Duration>),
    /// More than is read.
    TooLong,
    /// Not in the provider's own words.
    Garbled,
    /// This question was not taken: it is too long, or about something that is not answered.
    Refused,
    /// The answer is cut off.
    CutOff,
}

impl Trouble {
    /// Whether it is the question's and not the provider's: to ask it again would lead to the same.
    pub(super) fn is_about_the_question(self) -> bool {
        matches!(self, Self::Refused | Self::CutOff | Self::Status(400 | 413 | 422, _))
    }

    /// Whether it may be over in a moment.
    pub(super) fn passes(self) -> bool {
        match self {
            Self::Failed | Self::Garbled | Self::TooLong | Self::Status(408 | 429, _) => true,
            Self::Status(status, _) => status >= 500,
            Self::TooSlow | Self::Refused | Self::CutOff => false,
        }
    }

    /// Whether it cost nothing: no model was asked.
    pub(super) fn is_free(self) -> bool {
        matches!(self, Self::Status(..))
    }

    /// How long it asks to be left alone.
    pub(super) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Status(_, wait) => wait,
            _ => None,
        }
    }

    /// A word for metrics.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::TooSlow => "too_slow",
            Self::Status(429, _) => "too_many",
            Self::Status(..) => "status",
            Self::TooLong => "too_long",
            Self::Garbled => "garbled",
            Self::Refused | Self::CutOff => "refused",
        }
    }

    /// What it is, for people.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Failed => "the connection failed",
            Self::TooSlow => "no answer in time",
            Self::Status(401 | 403, _) => "the key is not accepted",
            Self::Status(404, _) => "there is no such model, or no such address",
            Self::Status(429, _) => "too many requests",
            Self::Status(400 | 413 | 422, _) | Self::Refused => "the question was refused",
            Self::Status(status, _) if status >= 500 => "the provider failed",
            Self::Status(..) => "the provider answered with another status",
            Self::TooLong => "the answer is too long",
            Self::Garbled => "the answer is not in the provider's protocol",
            Self::CutOff => "the answer is cut off",
        }
    }
}
