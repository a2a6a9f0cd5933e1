//! Splitting: a part of what is said on a ticket becomes a ticket of its own; and taking that back.

use chrono::{DateTime, Utc};

use super::{Decision, Live, Report, TicketError, TicketEvent};
use crate::access::Caller;
use crate::id::TicketId;

impl Live {
    /// Splits another ticket off.
    pub(super) fn split(&self, by: &Caller, into: TicketId) -> Decision {
        self.worked_on_by(by)?;
        Ok(vec![TicketEvent::TicketSplit { into }])
    }

    /// Lets it live on in the ticket that it was split off from, as a merge does. Who does not see that one is told what they are
    /// told of a ticket that was never split off.
    pub(super) fn unsplit(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        ticket: TicketId,
        from: Option<TicketId>,
    ) -> Decision {
        self.worked_on_by(by)?;
        match from {
            Some(from) => self.merge(by, at, ticket, from),
            None => self.takes_changes().and(Err(TicketError::NotSplitOff)),
        }
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
