//! What an API token is for: a closed list, of which each token has a part.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an API token may be used for. It never allows more than its owner may do; what an administrator granted a
/// service account (`events:read`, `audit:read`, `impersonate`, `internal`) it allows whatever the account's role.
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
    strum::EnumIter,
    strum::EnumString,
)]
pub enum Scope {
    /// Reading tickets, their messages and histories, and the homes.
    #[serde(rename = "tickets:read")]
    #[strum(serialize = "tickets:read")]
    TicketsRead,
    /// Filing tickets and everything that is done to them.
    #[serde(rename = "tickets:write")]
    #[strum(serialize = "tickets:write")]
    TicketsWrite,
    /// Reading the log, and consumers that keep their place in it.
    #[serde(rename = "events:read")]
    #[strum(serialize = "events:read")]
    EventsRead,
    /// Proofs and exports of the log, and the audit.
    #[serde(rename = "audit:read")]
    #[strum(serialize = "audit:read")]
    AuditRead,
    /// Reading accounts.
    #[serde(rename = "users:read")]
    #[strum(serialize = "users:read")]
    UsersRead,
    /// Making and changing accounts.
    #[serde(rename = "users:write")]
    #[strum(serialize = "users:write")]
    UsersWrite,
    /// Acting as another person, who is no administrator.
    #[serde(rename = "impersonate")]
    #[strum(serialize = "impersonate")]
    Impersonate,
    /// What only administrators do besides, such as rebuilding read models.
    #[serde(rename = "admin")]
    #[strum(serialize = "admin")]
    Admin,
    /// Calling from another machine what is for programs beside the desk.
    #[serde(rename = "internal")]
    #[strum(serialize = "internal")]
    Internal,
    /// Reading the knowledge base.
    #[serde(rename = "knowledge:read")]
    #[strum(serialize = "knowledge:read")]
    KnowledgeRead,
    /// Writing articles and voting on them.
    #[serde(rename = "knowledge:write")]
    #[strum(serialize = "knowledge:write")]
    KnowledgeWrite,
}

impl Scope {
    /// The word on the wire, such as `tickets:read`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether only administrators may give it to a token.
    #[must_use]
    pub fn is_for_admins_to_give(self) -> bool {
        !matches!(self, Self::TicketsRead | Self::TicketsWrite | Self::KnowledgeRead | Self::KnowledgeWrite)
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn a_scope_is_one_word_everywhere() {
        for scope in Scope::iter() {
            assert_eq!(serde_json::to_value(scope).ok(), Some(scope.as_str().into()));
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
    }
}
