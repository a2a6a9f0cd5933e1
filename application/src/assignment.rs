//! Who is responsible for a ticket: assigned, claimed, and put back when they work on tickets no more.

use domain::access::Role;
use domain::catalogue::values::EntryKind;
use domain::change::Change;
use domain::event::{Event, StreamType};
use domain::id::{EntryId, TicketId, UserId};
use domain::ticket::{Assignee, Live, Room, Team, TicketCommand, TicketError, TicketEvent};
use domain::user::User;
use domain::workload::WorkloadEvent;

use crate::ledger::{Append, StreamAppend};
use crate::ticket::{is_not_found, no_such_entry};
use crate::{Commands, Done, Error, Request};

/// What an agent has on their desk, as a read model shows it at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How many tickets that still need something done.
    pub active: u32,
    /// How many events of the agent's workload that count follows from.
    pub taken: i32,
}

/// How a ticket is to be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// To the queue of its department.
    Queue,
    /// To an agent, if they take tickets and have room for one besides their load.
    Within(UserId, Load),
    /// To an agent, however much they have; for administrators.
    Forced(UserId),
}

impl Commands {
    /// Makes an agent responsible, or puts the ticket into its department's queue; and makes it a team's work, if
    /// one is named.
    ///
    /// Whoever gets it works on tickets when the append is accepted: it insists on their account as it was read. Of
    /// assignments that ask for room, those to one agent come one after the other: each adds to the agent's
    /// workload and insists on its version, so what was assigned since the load was read counts too. What makes
    /// room meanwhile does not: a refusal for want of it may be out of date, an acceptance is not.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn assign(
        &self,
        request: &Request,
        id: TicketId,
        how: Assignment,
        team: Change<EntryId>,
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| Box::pin(self.prepare_assignment(request, id, how, team, fresh))).await
    }

    async fn prepare_assignment(
        &self,
        request: &Request,
        id: TicketId,
        how: Assignment,
        team: Change<EntryId>,
        fresh: bool,
    ) -> Result<Append, Error> {
        let team = self.team(team).await?;
        let (agent, load) = match how {
            Assignment::Queue => {
                let queue = TicketCommand::Assign { agent: None, team };
                return Ok(request.append(vec![self.decide_on_ticket(request, id, queue, fresh).await?]));
            }
            Assignment::Within(agent, load) => (agent, Some(load)),
            Assignment::Forced(agent) => (agent, None),
        };
        let user = self.users.load(agent.0, true).await?;
        let (room, taken) = match load {
            None => (Room::Forced, None),
            Some(load) => {
                let newer = self.ledger.read_streams(&[(agent.workload(), load.taken)]).await?.len();
                let newer = u16::try_from(newer).unwrap_or(u16::MAX);
                let availability = user.state.availability();
                let room = Room::Counted { availability, active: load.active + u32::from(newer) };
                (room, Some(taken(agent, id, load.taken + i32::from(newer))))
            }
        };
        let assign = TicketCommand::Assign { agent: Some(assignee(agent, &user.state, room)), team };
        let assigned = self.decide_on_ticket(request, id, assign, fresh).await?;
        let gets_it = |event: &Event| matches!(event, Event::Ticket(TicketEvent::TicketAssigned { .. }));
        if !assigned.events.iter().any(gets_it) {
            return Ok(request.append(vec![assigned]));
        }
        let streams = [assigned, user.witness(agent.0)].into_iter().chain(taken).collect();
        Ok(request.append(streams))
    }

    /// The team that `change` names, as it is.
    async fn team(&self, change: Change<EntryId>) -> Result<Change<Team>, Error> {
        let id = match change {
            Change::Keep => return Ok(Change::Keep),
            Change::Clear => return Ok(Change::Clear),
            Change::Set(id) => id,
        };
        let team = self.choosable(EntryKind::Team, id).await?;
        let details = team.ok_or_else(|| no_such_entry(EntryKind::Team))?.details;
        Ok(Change::Set(Team { id, department: details.department, members: details.member_ids }))
    }

    /// Assigns a ticket to whoever asks, unless somebody else has it. They know best whether they have room.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn claim(&self, request: &Request, id: TicketId) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let claimed = self.decide_on_ticket(request, id, TicketCommand::Claim, fresh).await?;
                let Some(agent) = request.by.person().filter(|_| !claimed.events.is_empty()) else {
                    return Ok(request.append(vec![claimed]));
                };
                let user = self.users.load(agent.0, true).await?;
                if !user.state.works_on_tickets() {
                    return Err(Error::refused(TicketError::AgentUnavailable));
                }
                Ok(request.append(vec![claimed, user.witness(agent.0)]))
            })
        })
        .await
    }

    /// Puts a ticket back into its department's queue if `agent` has it, or whoever has it if none is named, as long
    /// as they do not work on tickets any more.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub async fn put_back(
        &self,
        request: &Request,
        id: TicketId,
        agent: Option<UserId>,
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let ticket = self.tickets.load(id.stream(), fresh).await?;
                let has_it = ticket.state.live().and_then(Live::assignee);
                let Some(holder) = has_it.filter(|holder| agent.is_none_or(|agent| agent == *holder)) else {
                    return Ok(request.append(vec![]));
                };
                if agent.is_none() && self.users.load(holder.0, true).await?.state.works_on_tickets() {
                    return Ok(request.append(vec![]));
                }
                let back = TicketCommand::PutBack { agent: holder };
                Ok(request.append(vec![ticket.decide(id.stream(), request.issue(back))?]))
            })
        })
        .await
    }

    /// What `command` leads to on a ticket at the version that the caller saw, if they insist on one.
    pub(crate) async fn decide_on_ticket(
        &self,
        request: &Request,
        id: TicketId,
        command: TicketCommand,
        fresh: bool,
    ) -> Result<StreamAppend, Error> {
        let ticket = self.tickets.load(id.stream(), fresh).await?;
        let part = ticket.decide(id.stream(), request.issue(command));
        // What the caller may not see has no version to insist on.
        if !matches!(&part, Err(Error::Refused(refusal)) if is_not_found(&**refusal)) {
            request.insist_on(&ticket)?;
        }
        let part = part?;
        self.check_labels(&ticket.state, &part).await?;
        Ok(part)
    }
}

fn assignee(id: UserId, user: &User, room: Room) -> Assignee {
    Assignee {
        id,
        role: user.role().unwrap_or(Role::User),
        departments: user.departments().to_vec(),
        is_active: user.may_sign_in(),
        room,
    }
}

/// That `agent`, whose workload is at the version `expected`, gets one ticket more.
fn taken(agent: UserId, ticket: TicketId, expected: i32) -> StreamAppend {
    StreamAppend {
        stream: agent.workload(),
        stream_type: StreamType::Workload,
        expected,
        events: vec![WorkloadEvent::WorkAssigned { agent, ticket }.into()],
    }
}
