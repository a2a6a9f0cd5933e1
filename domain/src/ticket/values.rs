//! The words of a ticket: status, urgency, impact, priority, and its texts.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::{BadText, Lines, parse_text};

/// How long after the first feedback it may be changed.
pub const FEEDBACK_WINDOW: TimeDelta = TimeDelta::days(7);

/// Where a ticket stands.
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
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Status {
    /// Nobody has it (`new` is accepted as another word for it).
    #[strum(to_string = "open", serialize = "new")]
    Open,
    /// In a department's queue or on an agent's desk.
    Assigned,
    /// Being worked on.
    InProgress,
    /// Waiting for the requester.
    WaitingOnCustomer,
    /// Solved, unless the requester says otherwise.
    Resolved,
    /// Done.
    Closed,
}

impl Status {
    /// The word on the wire, such as `in_progress`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether somebody still has to do something about it.
    #[must_use]
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed)
    }
}

/// How pressing the requester says it is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Urgency {
    /// It can wait.
    Low,
    /// It should not take long.
    #[default]
    Medium,
    /// Work stands still.
    High,
}

/// How many are affected.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Impact {
    /// One person.
    Low,
    /// A team.
    Medium,
    /// A site or the whole company.
    High,
}

/// What agents work by.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Priority {
    /// After everything else.
    Low,
    /// In its turn.
    #[default]
    Medium,
    /// Before others.
    High,
    /// Now.
    Critical,
}

impl Priority {
    /// The priority that follows from the requester's claim and, once judged, the impact.
    ///
    /// | | low impact | medium | high |
    /// |---|---|---|---|
    /// | **low urgency** | low | low | medium |
    /// | **medium** | low | medium | high |
    /// | **high** | medium | high | critical |
    ///
    /// As long as nobody judged the impact, the claim stands as it is.
    #[must_use]
    pub fn computed(urgency: Urgency, impact: Option<Impact>) -> Self {
        let Some(impact) = impact else {
            return match urgency {
                Urgency::Low => Self::Low,
                Urgency::Medium => Self::Medium,
                Urgency::High => Self::High,
            };
        };
        match urgency as u8 + impact as u8 {
            0 | 1 => Self::Low,
            2 => Self::Medium,
            3 => Self::High,
            _ => Self::Critical,
        }
    }
}

/// Where a priority comes from.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PrioritySource {
    /// From the matrix of urgency and impact.
    #[default]
    Computed,
    /// From a model.
    Ai,
    /// From a person.
    Manual,
}

/// As what somebody considered a ticket solved.
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
pub enum ResolvedBy {
    /// The requester.
    Requester,
    /// An agent.
    Agent,
    /// An administrator.
    Admin,
    /// The desk itself.
    System,
}

/// What screening made of a ticket.
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
pub enum Finding {
    /// Nothing speaks against it.
    Harmless,
    /// It cannot be told: a person has to look.
    Doubtful,
    /// It is suspected of misuse.
    Harmful,
}

/// What is harmful about a text.
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
pub enum Harm {
    /// Advertising, fraud, bulk.
    Spam,
    /// Insults, threats, hate.
    Abuse,
    /// Instructions for a model rather than a problem for people.
    Injection,
}

/// Who said where a ticket goes.
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
pub enum RoutedBy {
    /// Whoever filed it, with a department or a category.
    Filing,
    /// A model.
    Model,
    /// Nobody could tell: a person has to say.
    Nobody,
}

/// Who raised a suspicion of misuse: what tells a model's false alarms from people's.
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
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FlaggedBy {
    /// The desk's own screening.
    Screening,
    /// One of the staff.
    Person,
    /// Not recorded: the event is older than the question.
    Unknown,
}

/// A title: one line of 3 to 200 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_title(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 3, 200, Lines::One)
}

/// A description: 1 to 20,000 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_description(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 20_000, Lines::Many)
}

/// A note, reason, resolution or comment: 1 to 2,000 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_note(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 2_000, Lines::Many)
}

/// A resolution code: one line of 1 to 64 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_resolution_code(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 64, Lines::One)
}
