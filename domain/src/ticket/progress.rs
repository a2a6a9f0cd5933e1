//! The status machine: from open to closed, and back.

use chrono::{DateTime, Utc};

use super::decide::{admins_only, staff_only};
use super::values::{ResolvedBy, Status};
use super::{Decision, Live, TicketError, TicketEvent};
use crate::access::{Caller, Role};
use crate::setting::Terms;

impl Live {
    /// The statuses that staff can bring it to.
    pub(super) fn allowed(&self) -> Vec<Status> {
        use Status as S;
        if self.merged.is_some() {
            return vec![];
        }
        match self.status {
            S::Open if self.department.is_some() => vec![S::Assigned, S::InProgress, S::Resolved],
            S::Open => vec![S::InProgress, S::Resolved],
            S::Assigned => vec![S::Open, S::InProgress, S::WaitingOnCustomer, S::Resolved],
            S::InProgress => vec![S::Open, S::WaitingOnCustomer, S::Resolved],
            S::WaitingOnCustomer => vec![S::Open, S::InProgress, S::Resolved],
            S::Resolved => vec![S::Open, S::InProgress, S::Closed],
            S::Closed => vec![S::Open, S::InProgress],
        }
    }

    /// Brings it to `to` by the transition that leads there.
    pub(super) fn set_status(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        terms: Terms,
        to: Status,
        reason: Option<String>,
    ) -> Decision {
        staff_only(by)?;
        if to == self.status {
            return Ok(vec![]);
        }
        if !self.allowed().contains(&to) {
            return Err(self.no_way_to(to));
        }
        match to {
            Status::Open | Status::InProgress if !self.status.is_active() => {
                self.reopen_as(by, at, terms, to, reason)
            }
            Status::Open => self.unassign(by),
            Status::Assigned => self.queue(by),
            Status::InProgress | Status::WaitingOnCustomer => Ok(vec![self.changed(to, reason)]),
            Status::Resolved => self.resolve(by, at, reason, None),
            Status::Closed => self.close(by, at),
        }
    }

    /// Considers it solved.
    pub(super) fn resolve(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        resolution: Option<String>,
        resolution_code: Option<String>,
    ) -> Decision {
        match self.status {
            Status::Resolved => Ok(vec![]),
            Status::Closed => Err(self.no_way_to(Status::Resolved)),
            Status::Open | Status::Assigned | Status::InProgress | Status::WaitingOnCustomer => {
                let resolution = self.sealed(resolution);
                let by = self.resolver(by);
                Ok(vec![TicketEvent::TicketResolved { by, resolution, resolution_code, at }])
            }
        }
    }

    /// Considers it done.
    pub(super) fn close(&self, by: &Caller, at: DateTime<Utc>) -> Decision {
        staff_only(by)?;
        match self.status {
            Status::Closed => Ok(vec![]),
            Status::Resolved => Ok(vec![TicketEvent::TicketClosed { at }]),
            Status::Open | Status::Assigned | Status::InProgress | Status::WaitingOnCustomer => {
                Err(self.no_way_to(Status::Closed))
            }
        }
    }

    /// Takes it up again, if the caller may and it is not too late.
    pub(super) fn reopen(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        terms: Terms,
        reason: Option<String>,
    ) -> Decision {
        if self.status.is_active() {
            return Ok(vec![]);
        }
        match self.resolved_at {
            Some(resolved_at) => {
                let may_be_late = by.is_staff() && self.status == Status::Resolved;
                if at - resolved_at > terms.reopen_window && !may_be_late {
                    return Err(TicketError::ReopenWindowPassed { resolved_at });
                }
            }
            None => admins_only(by)?,
        }
        Ok(vec![TicketEvent::TicketReopened { to: self.reopens_to(), reason: self.sealed(reason) }])
    }

    /// Takes it up again and brings it to `to`, by one more transition if reopening does not lead there.
    fn reopen_as(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        terms: Terms,
        to: Status,
        reason: Option<String>,
    ) -> Decision {
        let mut events = self.reopen(by, at, terms, reason)?;
        match (self.reopens_to(), to) {
            (from, to) if from == to => {}
            (_, Status::Open) => events.push(TicketEvent::TicketUnassigned {}),
            (from, to) => events.push(TicketEvent::StatusChanged { from, to, reason: None }),
        }
        Ok(events)
    }

    /// What a message on the ticket entails.
    pub(super) fn answer(&self, by: &Caller, at: DateTime<Utc>, terms: Terms, is_internal: bool) -> Decision {
        match (is_internal, self.is_owner(by)) {
            (true, _) => staff_only(by).map(|()| vec![]),
            (false, true) => self.answered_by_requester(by, at, terms),
            (false, false) => self.answered_by_staff(by),
        }
    }

    fn answered_by_requester(&self, by: &Caller, at: DateTime<Utc>, terms: Terms) -> Decision {
        match self.status {
            Status::WaitingOnCustomer => Ok(vec![self.changed(Status::InProgress, None)]),
            Status::Resolved | Status::Closed => self.reopen(by, at, terms, None),
            Status::Open | Status::Assigned | Status::InProgress => Ok(vec![]),
        }
    }

    fn answered_by_staff(&self, by: &Caller) -> Decision {
        match self.status {
            Status::Open | Status::Assigned if by.person().is_some() => {
                Ok(vec![self.changed(Status::InProgress, None)])
            }
            Status::Closed => Err(TicketError::Closed),
            _ => Ok(vec![]),
        }
    }

    fn changed(&self, to: Status, reason: Option<String>) -> TicketEvent {
        TicketEvent::StatusChanged { from: self.status, to, reason: self.sealed(reason) }
    }

    fn reopens_to(&self) -> Status {
        if self.assignee.is_some() { Status::InProgress } else { Status::Open }
    }

    fn resolver(&self, by: &Caller) -> ResolvedBy {
        match by {
            Caller::System(_) => ResolvedBy::System,
            _ if self.is_owner(by) => ResolvedBy::Requester,
            Caller::Person { role: Role::Admin, .. } => ResolvedBy::Admin,
            Caller::Person { .. } => ResolvedBy::Agent,
        }
    }
}
