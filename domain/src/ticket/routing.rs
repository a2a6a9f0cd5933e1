//! Who is responsible: departments, queues and agents.

use super::decide::{admins_only, staff_only};
use super::values::Status;
use super::{Assignee, Decision, Live, Room, Team, TicketError, TicketEvent};
use crate::access::{Caller, Department};
use crate::change::Change;
use crate::id::UserId;

impl Live {
    /// Sends it to a department's queue.
    pub(super) fn transfer(&self, by: &Caller, to: Department, note: Option<String>) -> Decision {
        if self.department.as_ref() == Some(&to) {
            return Ok(vec![]);
        }
        if !self.is_open_to(by) {
            return Err(if by.is_staff() { self.no_way_to(Status::Open) } else { self.not_editable() });
        }
        let (from, note) = (self.department.clone(), self.sealed(note));
        Ok(vec![TicketEvent::TicketTransferred { from, to, note }])
    }

    /// Makes an agent responsible, or its department's queue; and makes it a team's work, if one is named.
    pub(super) fn hand_over(&self, by: &Caller, agent: Option<&Assignee>, team: Change<Team>) -> Decision {
        let to_agent = match agent {
            Some(agent) => self.assign(by, agent)?,
            None => self.queue(by)?,
        };
        let mut events = self.hand_to_team(agent, team)?;
        events.extend(to_agent);
        Ok(events)
    }

    fn hand_to_team(&self, agent: Option<&Assignee>, team: Change<Team>) -> Decision {
        if let Change::Set(team) = &team {
            if team.department.is_some() && team.department != self.department {
                return Err(TicketError::TeamOfOtherDepartment);
            }
            if agent.is_some_and(|agent| !team.members.contains(&agent.id)) {
                return Err(TicketError::NotInTeam);
            }
        }
        let team = team.map(|team| team.id).of(self.labels.team);
        if team == self.labels.team {
            return Ok(vec![]);
        }
        if !self.status.is_active() {
            return Err(self.no_way_to(Status::Assigned));
        }
        Ok(vec![TicketEvent::TeamAssigned { team }])
    }

    /// Makes an agent responsible.
    fn assign(&self, by: &Caller, agent: &Assignee) -> Decision {
        staff_only(by)?;
        if agent.room == Room::Forced {
            admins_only(by)?;
        }
        if self.assignee == Some(agent.id) {
            return Ok(vec![]);
        }
        if !self.status.is_active() {
            return Err(self.no_way_to(Status::Assigned));
        }
        if !agent.is_active || !agent.role.works_on_tickets() {
            return Err(TicketError::AgentUnavailable);
        }
        has_room(agent.room)?;
        Ok(vec![TicketEvent::TicketAssigned { agent: Some(agent.id) }])
    }

    /// Puts it into its department's queue.
    pub(super) fn queue(&self, by: &Caller) -> Decision {
        staff_only(by)?;
        if !self.status.is_active() {
            return Err(self.no_way_to(Status::Assigned));
        }
        if self.department.is_none() {
            return Err(TicketError::NoDepartment);
        }
        if self.status == Status::Assigned && self.assignee.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![TicketEvent::TicketAssigned { agent: None }])
    }

    /// Makes the caller responsible, unless somebody else is.
    pub(super) fn claim(&self, by: &Caller) -> Decision {
        staff_only(by)?;
        let caller = by.person().ok_or(TicketError::Forbidden("agents and administrators"))?;
        if self.assignee == Some(caller) {
            return Ok(vec![]);
        }
        if !self.status.is_active() {
            return Err(self.no_way_to(Status::Assigned));
        }
        if let Some(by) = self.assignee {
            return Err(TicketError::AlreadyClaimed { by });
        }
        Ok(vec![TicketEvent::TicketAssigned { agent: Some(caller) }])
    }

    /// Makes nobody responsible.
    pub(super) fn unassign(&self, by: &Caller) -> Decision {
        staff_only(by)?;
        match self.status {
            Status::Open => Ok(vec![]),
            Status::Assigned | Status::InProgress | Status::WaitingOnCustomer => {
                Ok(vec![TicketEvent::TicketUnassigned {}])
            }
            Status::Resolved | Status::Closed => Err(self.no_way_to(Status::Open)),
        }
    }

    /// Puts it back into its department's queue, or where there is none leaves it to nobody, if `agent` still has it.
    pub(super) fn put_back(&self, by: &Caller, agent: UserId) -> Decision {
        admins_only(by)?;
        if self.assignee != Some(agent) || !self.status.is_active() {
            return Ok(vec![]);
        }
        Ok(vec![match self.department {
            Some(_) => TicketEvent::TicketAssigned { agent: None },
            None => TicketEvent::TicketUnassigned {},
        }])
    }
}

/// Refuses an agent who takes no tickets, or no more.
fn has_room(room: Room) -> Result<(), TicketError> {
    match room {
        Room::Counted { availability, .. } if !availability.is_available => Err(TicketError::AgentAway),
        Room::Counted { availability, active } if active >= u32::from(availability.capacity.get()) => {
            Err(TicketError::AgentAtCapacity { capacity: availability.capacity.get(), active })
        }
        Room::Counted { .. } | Room::Forced => Ok(()),
    }
}
