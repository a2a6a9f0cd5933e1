//! Why an entry refuses a command.

use serde_json::{Value, json};

use super::values::{DEEPEST, EntryKind, MOST_LISTED};
use crate::access::Department;
use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why an entry refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// There is no such entry in this catalogue, or not any more.
    #[error("there is no such entry")]
    NotFound,
    /// The caller is no administrator.
    #[error("only administrators may do this")]
    Forbidden,
    /// The entry was added before.
    #[error("the entry exists already")]
    AlreadyExists,
    /// Entries of this kind do not have the field.
    #[error("{field}: is not known of {}; allowed: {}", .kind.plural(), listed(*.kind))]
    NotOfThisKind {
        /// The field.
        field: &'static str,
        /// The kind.
        kind: EntryKind,
    },
    /// It names a department that is not there or not active.
    #[error("{field}: there is no active department {code}")]
    NoSuchDepartment {
        /// Where it names it.
        field: &'static str,
        /// The department.
        code: Department,
    },
    /// It names somebody without an active account.
    #[error("member_ids: somebody of them has no active account")]
    NoSuchMember,
    /// It cannot be put below this one.
    #[error("parent_id: must be an active category that is not below this one, with at most {max} above it", max = DEEPEST)]
    NoSuchParent,
    /// Too many members or domains.
    #[error("{0}: must have {max} items or fewer", max = MOST_LISTED)]
    TooMany(&'static str),
    /// Something refers to it.
    #[error("{} refer to it; deactivate it instead", in_words(.0))]
    Referenced(Vec<(&'static str, i64)>),
}

fn listed(kind: EntryKind) -> String {
    ["name"].iter().chain(kind.fields()).copied().collect::<Vec<_>>().join(", ")
}

fn in_words(references: &[(&'static str, i64)]) -> String {
    let words = references.iter().map(|(what, count)| format!("{what} ({count})"));
    words.collect::<Vec<_>>().join(", ")
}

impl Refusal for EntryError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Forbidden => RefusalKind::Forbidden,
            Self::AlreadyExists | Self::Referenced(_) => RefusalKind::Conflict,
            Self::NotOfThisKind { .. }
            | Self::NoSuchDepartment { .. }
            | Self::NoSuchMember
            | Self::NoSuchParent
            | Self::TooMany(_) => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::Referenced(_) => "REFERENCED",
            Self::NotOfThisKind { .. }
            | Self::NoSuchDepartment { .. }
            | Self::NoSuchMember
            | Self::NoSuchParent
            | Self::TooMany(_) => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::Referenced(references) => {
                let references = references.iter().map(|(what, count)| ((*what).to_owned(), (*count).into()));
                Some(json!({ "referred_to_by": Value::Object(references.collect()) }))
            }
            Self::NotOfThisKind { .. } => wrong_field("unknown_field", &self.to_string()),
            _ => wrong_field("invalid", &self.to_string()),
        }
    }
}
