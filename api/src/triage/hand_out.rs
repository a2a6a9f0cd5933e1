//! Assignment: tickets go to whoever of their department has least to do, oldest first, and wait where nobody has room.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use application::{Assignment, Done, Error, Load, Request};
use async_trait::async_trait;
use chrono::Utc;
use domain::access::Department;
use domain::change::Change;
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::setting::Flag;
use domain::ticket::values::Status;
use domain::ticket::{Live, TicketEvent};
use infrastructure::handler::{Handler, NotNow, command_id};
use projections::agent_load::{self, Candidate};
use projections::waiting::waiting;
use uuid::Uuid;

use super::is_history;
use crate::desk::Desk;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "assignment";
/// How long it waits for the read models that say who has room and what waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many waiting tickets are looked at together.
const AT_ONCE: i64 = 100;

/// Hands out tickets. It is the only one that does so by itself, and takes one event after the other: an event that makes room
/// is dealt with before what is routed later, so nothing new overtakes what waits.
pub(crate) struct HandOut {
    desk: Desk,
    /// Up to which event of their workload it handed tickets to an agent: the read model may not show the last ones.
    handed: Mutex<HashMap<UserId, i32>>,
}

/// What became of handing out a ticket.
enum Handed {
    /// Somebody has it, since this.
    To(Done),
    /// Nobody has room; the version of the ticket that this is said of.
    Nobody(i32),
    /// It is not to be handed out any more.
    Gone,
}

impl HandOut {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk, handed: Mutex::default() }
    }

    /// Hands a ticket that was just routed to an agent of `department`, or puts it into its queue.
    async fn place(&self, event: &Recorded, department: &Department) -> anyhow::Result<()> {
        let desk = &self.desk;
        let ticket = TicketId::of_stream(event.stream);
        let candidates = if self.is_on().await? {
            agent_load::with_room(desk.pool(), Some(department)).await?
        } else {
            vec![]
        };
        let position = loop {
            match self.hand(event, ticket, candidates.clone(), &mut Vec::new()).await? {
                Handed::To(done) => break done.position(),
                Handed::Gone => break None,
                Handed::Nobody(version) => {
                    let request = Request { expected: Some(version), ..because_of(event, ticket) };
                    match desk.commands.assign(&request, ticket, Assignment::Queue, Change::Keep).await {
                        Ok(done) => break done.position(),
                        Err(Error::Stale { .. }) => {}
                        Err(Error::Refused(_)) => break None,
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        };
        desk.waiting.done(ticket, position.unwrap_or(event.position));
        Ok(())
    }

    /// Hands out what waits, oldest first, as long as somebody of its department has room.
    async fn fill(&self, event: &Recorded) -> anyhow::Result<()> {
        let desk = &self.desk;
        if !self.is_on().await? {
            return Ok(());
        }
        if !desk.visible.wait(event.position, PATIENCE).await {
            return Err(NotNow("the read models do not show yet who has room").into());
        }
        // Room that is made from now on is dealt with by its own event, from the oldest ticket on.
        let mut free = agent_load::with_room(desk.pool(), None).await?;
        let mut behind = None;
        loop {
            free.retain(|agent| self.has_room(agent));
            let departments = free.iter().flat_map(|agent| agent.departments.clone()).collect::<Vec<_>>();
            if departments.is_empty() {
                return Ok(());
            }
            let those = waiting(desk.pool(), &departments, behind, AT_ONCE).await?;
            let Some(last) = those.last() else { return Ok(()) };
            behind = Some(last.since);
            for one in &those {
                let for_it =
                    |agent: &&Candidate| agent.departments.contains(&one.department) && self.has_room(agent);
                let candidates: Vec<Candidate> = free.iter().filter(for_it).cloned().collect();
                if !candidates.is_empty() {
                    let mut refused = Vec::new();
                    self.hand(event, one.ticket, candidates, &mut refused).await?;
                    free.retain(|agent| !refused.contains(&agent.id));
                }
            }
        }
    }

    /// Hands a ticket to the one of `candidates` who has least to do and is not the requester. Whether it waits says the
    /// ticket itself: a list that says so may be a moment old. Who turns out to have no room is added to `refused`.
    async fn hand(
        &self,
        event: &Recorded,
        ticket: TicketId,
        mut candidates: Vec<Candidate>,
        refused: &mut Vec<UserId>,
    ) -> anyhow::Result<Handed> {
        candidates.retain(|agent| self.has_room(agent));
        candidates.sort_by_key(|agent| (self.active(agent), self.taken(agent), agent.id));
        loop {
            let loaded = self.desk.commands.load_ticket(ticket).await?;
            let Some(live) = loaded.state.live().filter(|live| waits(live)) else { return Ok(Handed::Gone) };
            let request = Request { expected: Some(loaded.version), ..because_of(event, ticket) };
            let others = candidates.iter().filter(|agent| agent.id != live.requester());
            match self.offer(&request, ticket, others, refused).await {
                Ok(None) => return Ok(Handed::Nobody(loaded.version)),
                Ok(Some(handed)) => return Ok(handed),
                Err(Error::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Offers a ticket to one agent after the other; gives nothing if none of them has room.
    ///
    /// # Errors
    /// The ticket has changed meanwhile, or the database cannot be reached.
    async fn offer(
        &self,
        request: &Request,
        ticket: TicketId,
        agents: impl Iterator<Item = &Candidate>,
        refused: &mut Vec<UserId>,
    ) -> Result<Option<Handed>, Error> {
        for agent in agents {
            let load = Load { active: agent.active, taken: agent.taken };
            let within = Assignment::Within(agent.id, load);
            match self.desk.commands.assign(request, ticket, within, Change::Keep).await {
                Ok(done) => {
                    if matches!(&done, Done::Changed(appended) if !appended.repeated) {
                        self.handed_to(agent);
                    }
                    return Ok(Some(Handed::To(done)));
                }
                // Somebody else gave them something, or they went home: the next one.
                Err(Error::Refused(refusal))
                    if matches!(refusal.code(), "AGENT_AT_CAPACITY" | "AGENT_UNAVAILABLE") =>
                {
                    refused.push(agent.id);
                }
                Err(Error::Refused(refusal)) => {
                    tracing::info!(%refusal, ticket.id = %ticket, "Did not hand out a ticket");
                    return Ok(Some(Handed::Gone));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn is_on(&self) -> anyhow::Result<bool> {
        self.desk.is_on(Flag::AutoAssignment).await.map_err(|problem| problem.of_handler())
    }

    /// How many events of their workload there are, as far as is known.
    fn taken(&self, agent: &Candidate) -> i32 {
        let handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        handed.get(&agent.id).copied().unwrap_or_default().max(agent.taken)
    }

    /// How many tickets they have, with those that the read model does not show yet.
    fn active(&self, agent: &Candidate) -> u32 {
        agent.active + u32::try_from(self.taken(agent) - agent.taken).unwrap_or_default()
    }

    fn has_room(&self, agent: &Candidate) -> bool {
        self.active(agent) < agent.capacity
    }

    fn handed_to(&self, agent: &Candidate) {
        let taken = self.taken(agent) + 1;
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).insert(agent.id, taken);
    }
}

#[async_trait]
impl Handler for HandOut {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &[
            "TicketRouted",
            "TicketTransferred",
            "TicketAssigned",
            "TicketUnassigned",
            "TicketResolved",
            "TicketClosed",
            "TicketReopened",
            "TicketMerged",
            "TicketUnmerged",
            "FlagCleared",
            "MisuseConfirmed",
            "UserCreated",
            "UserActivated",
            "RoleChanged",
            "AvailabilityChanged",
        ]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        if !self.desk.config.triage || is_history(event) {
            return Ok(());
        }
        match &event.event {
            Event::Ticket(TicketEvent::TicketRouted { department, .. }) => match department {
                Some(department) => self.place(event, department).await,
                None => Ok(()),
            },
            // Nobody has more room because of that.
            Event::Ticket(TicketEvent::TicketAssigned { .. }) if &*event.via == NAME => Ok(()),
            _ => self.fill(event).await,
        }
    }
}

/// Whether a ticket is to be handed out: nobody has it, nothing holds it back, and its work is not done.
fn waits(live: &Live) -> bool {
    matches!(live.status(), Status::Open | Status::Assigned)
        && live.assignee().is_none()
        && !live.is_flagged()
}

/// On behalf of `event`: for each ticket the same however often the event is handled, whoever gets it.
fn because_of(event: &Recorded, ticket: TicketId) -> Request {
    let command = Uuid::new_v5(&command_id(NAME, event.position), ticket.stream().as_bytes());
    Request::because_of(event, NAME, Utc::now(), command)
}
