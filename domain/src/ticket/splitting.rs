//! Splitting: a part of what is said on a ticket becomes a ticket of its own.

use super::{Decision, Live, Report, TicketEvent};
use crate::access::Caller;
use crate::id::TicketId;

impl Live {
    /// Splits another ticket off.
    pub(super) fn split(&self, by: &Caller, into: TicketId) -> Decision {
        self.worked_on_by(by)?;
        Ok(vec![TicketEvent::TicketSplit { into }])
    }

    /// What is reported by a ticket that is split off from this one: the same person's problem, at the same place
    /// and with the same department, under another title.
    #[must_use]
    pub fn split_off(&self, title: String) -> Report {
        Report {
            requester: self.requester,
            title,
            description: "Split off from another ticket.".to_owned(),
            urgency: self.triage.urgency,
            department: self.department.clone(),
            category: self.labels.category,
            building: self.labels.building,
            organization: self.organization,
        }
    }
}
