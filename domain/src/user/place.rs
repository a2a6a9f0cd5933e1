//! Where somebody belongs: the building they are in and the organization they belong to.

use serde::{Deserialize, Serialize};

use super::UserEvent;
use crate::change::Change;
use crate::id::EntryId;

/// Where somebody belongs; by the ids of entries of catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The building they are in.
    pub building: Option<EntryId>,
    /// The organization they belong to.
    pub organization: Option<EntryId>,
}

/// What is to be different about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceChanges {
    /// The building; an active one.
    pub building: Change<EntryId>,
    /// The organization; an active one.
    pub organization: Change<EntryId>,
}

impl Place {
    /// What `changes` lead to.
    pub(super) fn change(self, changes: PlaceChanges) -> Vec<UserEvent> {
        let next = Self {
            building: changes.building.of(self.building),
            organization: changes.organization.of(self.organization),
        };
        if next == self {
            return vec![];
        }
        let Self { building, organization } = next;
        vec![UserEvent::UserPlaced { building, organization }]
    }
}
