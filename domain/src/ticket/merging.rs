//! Merging: one ticket lives on in another, and takes no changes until that is taken back.

use chrono::{DateTime, Utc};

use super::decide::staff_only;
use super::values::Status;
use super::{Decision, Live, Ticket, TicketError, TicketEvent};
use crate::access::Caller;
use crate::id::TicketId;

impl Ticket {
    /// The ticket, which a request for another one names in `field`. To whoever does not see it there is none.
    ///
    /// # Errors
    /// [`TicketError::NoSuchTarget`].
    pub fn named_by(&self, by: &Caller, field: &'static str) -> Result<&Live, TicketError> {
        let live = self.live().filter(|live| by.sight().sees(live.whose()));
        live.ok_or(TicketError::NoSuchTarget(field))
    }
}

impl Live {
    /// Refuses those who do not work on it: everybody but staff, and of staff whoever filed it and does not have it.
    ///
    /// # Errors
    /// The caller is one of them.
    pub fn worked_on_by(&self, by: &Caller) -> Result<(), TicketError> {
        staff_only(by)?;
        if by.sight().reads_internal(self.requester, self.assignee) {
            Ok(())
        } else {
            Err(TicketError::Forbidden("staff who work on the ticket"))
        }
    }

    /// Refuses to let another ticket live on in this one. Whoever merges has to state its version with the merge: then of
    /// two tickets that are merged into each other at once one is, and there is never a circle.
    ///
    /// # Errors
    /// It is done, was merged itself, or the caller does not work on it.
    pub fn takes_in(&self, by: &Caller) -> Result<(), TicketError> {
        self.worked_on_by(by)?;
        if self.status.is_active() {
            Ok(())
        } else {
            Err(TicketError::MergeTargetNotOpen { status: self.status })
        }
    }

    /// Lets it live on in another ticket.
    pub(super) fn merge(&self, by: &Caller, at: DateTime<Utc>, ticket: TicketId, into: TicketId) -> Decision {
        self.worked_on_by(by)?;
        match self.merged {
            Some(merged) if merged.into == into => return Ok(vec![]),
            Some(merged) => return Err(TicketError::Locked { into: merged.into }),
            None if ticket == into => return Err(TicketError::MergeIntoItself),
            None => {}
        }
        if self.status == Status::Closed {
            return Err(self.no_way_to(Status::Closed));
        }
        Ok(vec![TicketEvent::TicketMerged { into, at }])
    }

    /// Takes a merge back: it is where it was before.
    pub(super) fn unmerge(&self, by: &Caller) -> Decision {
        self.worked_on_by(by)?;
        Ok(self.merged.map(|merged| TicketEvent::TicketUnmerged { to: merged.was }).into_iter().collect())
    }
}
