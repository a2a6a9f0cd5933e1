//! What notifications are about, and how they reach people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a notification is about.
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
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// A ticket arrived in somebody's department.
    TicketCreated,
    /// A ticket is on an agent's desk.
    TicketAssigned,
    /// Somebody wrote on a ticket.
    MessageReceived,
    /// Somebody was spoken to on a ticket.
    Mention,
    /// A ticket stands otherwise.
    StatusChanged,
    /// A promise about a ticket is about to be broken.
    SlaWarning,
    /// A promise about a ticket was broken.
    SlaBreached,
    /// A ticket was escalated.
    Escalated,
    /// Misuse is suspected.
    MisuseDetected,
    /// A requester judged what was done.
    FeedbackReceived,
    /// Somebody commented on an article.
    KbComment,
    /// Something about the desk or somebody's account.
    SystemAlert,
}

/// How a notification reaches somebody.
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
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// In the list of notifications, and on open sockets.
    InApp,
    /// By mail.
    Email,
    /// By Web Push, on every device that somebody registered.
    Push,
}

/// What a system alert says.
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
pub enum Alert {
    /// A refresh token of theirs was shown twice: somebody has a copy, and that sign-in was ended.
    TokenReused,
    /// The desk sends nothing to a webhook any more.
    WebhookDisabled,
}

impl Kind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter()
    }

    /// The word on the wire, such as `message_received`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The channels of somebody who chose none.
    #[must_use]
    pub fn default_channels(self) -> &'static [Channel] {
        match self {
            // A whole department hears of each: too many for a mailbox.
            Self::TicketCreated | Self::FeedbackReceived | Self::KbComment => &[Channel::InApp],
            Self::StatusChanged => &[Channel::InApp, Channel::Email],
            _ => &[Channel::InApp, Channel::Email, Channel::Push],
        }
    }

    /// Whether it waits for nothing: neither for the end of quiet hours nor for a digest.
    #[must_use]
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::SystemAlert)
    }
}

impl Channel {
    /// Every channel.
    pub fn all() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter()
    }

    /// The word on the wire, such as `in_app`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
