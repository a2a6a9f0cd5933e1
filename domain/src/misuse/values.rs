//! What a report of misuse says.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::id::UserId;
use crate::ticket::values::Harm;

/// The identity of a report; also the id of its stream. It follows from the person and the day, so that there is never a
/// second one of both, whoever files it, wherever and however often.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Default,
)]
#[serde(transparent)]
pub struct ReportId(pub Uuid);

impl ReportId {
    /// The report about `user` of the day `day`.
    #[must_use]
    pub fn of(user: UserId, day: NaiveDate) -> Self {
        Self(Uuid::new_v5(&user.0, format!("misuse:{day}").as_bytes()))
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of misuse it is, the gravest last.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MisuseType {
    /// The same ticket again and again.
    DuplicateTickets,
    /// Advertising, fraud, bulk: also more tickets than anybody has problems, and tickets that say nothing.
    SpamContent,
    /// Insults, threats, hate.
    AbusiveLanguage,
    /// Instructions for a model rather than a problem for people.
    JailbreakAttempt,
}

impl MisuseType {
    /// The word on the wire, such as `spam_content`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<Harm> for MisuseType {
    fn from(harm: Harm) -> Self {
        match harm {
            Harm::Spam => Self::SpamContent,
            Harm::Abuse => Self::AbusiveLanguage,
            Harm::Injection => Self::JailbreakAttempt,
        }
    }
}

/// How grave it is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// Perhaps nothing.
    Low,
    /// Somebody should talk to them.
    Medium,
    /// Somebody should do something.
    High,
}

impl Severity {
    /// The word on the wire, such as `medium`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a report comes from.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReportSource {
    /// The desk looked through what somebody filed.
    Detection,
    /// An administrator confirmed the misuse of a ticket.
    Confirmation,
}

impl ReportSource {
    /// The word on the wire, such as `detection`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What was counted in the tickets that somebody filed in a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Patterns {
    /// How long the while is, in hours, rounded up.
    #[schema(minimum = 0, example = 24)]
    pub window_hours: u32,
    /// How many tickets they filed in it.
    #[schema(minimum = 0, example = 7)]
    pub tickets: u32,
    /// Whether that is more than anybody has problems.
    pub high_volume: bool,
    /// How many of them have a title that at least two others have, too.
    #[schema(minimum = 0, example = 4)]
    pub same_title: u32,
    /// How many of them have next to no description.
    #[schema(minimum = 0, example = 0)]
    pub short_description: u32,
    /// How many of them screening takes for spam,
    #[schema(minimum = 0, example = 0)]
    pub spam: u32,
    /// for abuse,
    #[schema(minimum = 0, example = 0)]
    pub abuse: u32,
    /// and for orders to a model.
    #[schema(minimum = 0, example = 0)]
    pub injection: u32,
}
