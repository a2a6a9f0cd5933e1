//! The words of a conversation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::{BadText, Lines, parse_text};

/// As what somebody wrote a message.
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
pub enum SenderRole {
    /// A requester.
    User,
    /// An agent.
    Agent,
    /// An administrator.
    Admin,
    /// The desk itself.
    System,
}

/// What kind of message it is.
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
pub enum MessageType {
    /// From a requester.
    UserMessage,
    /// From staff.
    AgentMessage,
    /// From the desk itself.
    SystemMessage,
}

/// What somebody thought of a message.
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
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Feedback {
    /// Helpful.
    Up,
    /// Not helpful.
    Down,
    /// Nothing said, or taken back.
    #[default]
    None,
}

/// A message's content: 1 to 20,000 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_content(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 20_000, Lines::Many)
}

/// A sender's own id for a message: one line of 1 to 128 characters.
///
/// # Errors
/// The rule it breaks.
pub fn parse_client_msg_id(raw: &str) -> Result<String, BadText> {
    parse_text(raw, 1, 128, Lines::One)
}
