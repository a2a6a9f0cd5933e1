//! What can be asked of an entry.

use super::values::{Code, DetailChanges, EntryKind};
use crate::id::EntryId;

/// What can be asked of an entry. Texts are already parsed ([`super::values`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryCommand {
    /// Put it into its catalogue. Codes are unique within one: the log decides that with the append.
    Add {
        /// Its identity.
        id: EntryId,
        /// Which catalogue.
        kind: EntryKind,
        /// Its code, for good.
        code: Code,
        /// What people call it.
        name: String,
        /// What else it says.
        details: DetailChanges,
    },
    /// Change whatever is given.
    Change {
        /// Which, so that putting it below itself is noticed.
        id: EntryId,
        /// What people call it.
        name: Option<String>,
        /// Whether it can be chosen.
        is_active: Option<bool>,
        /// What else it says.
        details: DetailChanges,
    },
    /// Take it out of its catalogue, unless something refers to it.
    Remove {
        /// What refers to it: in words, and how many there are.
        referred_to_by: Vec<(&'static str, i64)>,
    },
}
