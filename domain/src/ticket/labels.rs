//! What a ticket is marked with: entries of catalogues.

use serde::{Deserialize, Serialize};

use super::decide::staff_only;
use super::{Decision, Live, TicketError, TicketEvent};
use crate::access::Caller;
use crate::catalogue::values::Code;
use crate::change::Change;
use crate::id::EntryId;

/// How many tags a ticket has at most.
pub const MOST_TAGS: usize = 20;

/// The entries that a ticket refers to, besides its department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Labels {
    pub(super) category: Option<EntryId>,
    pub(super) building: Option<EntryId>,
    pub(super) team: Option<EntryId>,
    pub(super) tags: Vec<Code>,
}

/// What is to be different about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelChanges {
    /// What it is about, for staff to say once it is filed; an active category.
    pub category: Change<EntryId>,
    /// Where it is; an active building.
    pub building: Change<EntryId>,
    /// All of its tags, for staff to choose; active ones, in any order.
    pub tags: Option<Vec<Code>>,
}

impl Live {
    /// Marks it differently. Staff may at any time, since reports are made of tickets that are done.
    pub(super) fn edit_labels(&self, by: &Caller, changes: LabelChanges) -> Decision {
        let LabelChanges { category, building, tags } = changes;
        if category.is_given() || tags.is_some() {
            staff_only(by)?;
        }
        let mut events = Vec::new();
        let category = category.of(self.labels.category);
        if category != self.labels.category {
            events.push(TicketEvent::CategoryChanged { category });
        }
        let building = building.of(self.labels.building);
        if building != self.labels.building {
            if !by.is_staff() && !self.is_open_to(by) {
                return Err(self.not_editable());
            }
            events.push(TicketEvent::BuildingChanged { building });
        }
        if let Some(mut tags) = tags {
            tags.sort_unstable();
            tags.dedup();
            if tags.len() > MOST_TAGS {
                return Err(TicketError::TooManyTags);
            }
            if tags != self.labels.tags {
                events.push(TicketEvent::TagsChanged { tags });
            }
        }
        Ok(events)
    }
}
