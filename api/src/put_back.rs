//! Tickets of whoever works on them no more go back into the queues of their departments.

use std::sync::Arc;
use std::time::Duration;

use application::{Commands, Error, Request};
use async_trait::async_trait;
use chrono::Utc;
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::user::UserEvent;
use infrastructure::handler::{Handler, NotNow, command_id};
use infrastructure::projection::Visible;
use projections::agent_load;
use sqlx::PgPool;
use uuid::Uuid;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "put_back";
/// How long it waits for the read model that says who has what.
const PATIENCE: Duration = Duration::from_secs(1);

/// Puts back what somebody has who cannot sign in or is no agent any more, and what comes back to them later.
pub(crate) struct PutBack {
    commands: Arc<Commands>,
    pool: PgPool,
    visible: Visible,
}

impl PutBack {
    pub(crate) fn new(commands: Arc<Commands>, pool: PgPool, visible: Visible) -> Self {
        Self { commands, pool, visible }
    }

    /// Puts back every active ticket that `agent` has from before `event`. Nothing is assigned to them behind it:
    /// assignments insist on the account as it was read.
    async fn all_of(&self, agent: UserId, event: &Recorded) -> anyhow::Result<()> {
        if !self.visible.wait(event.position, PATIENCE).await {
            return Err(NotNow("the read models do not show yet who has which ticket").into());
        }
        for ticket in agent_load::assigned_before(&self.pool, agent, event.position).await? {
            self.put_back(ticket, Some(agent), event).await?;
        }
        Ok(())
    }

    /// Each ticket has a command of its own, which is the same however often the event is handled.
    async fn put_back(
        &self,
        ticket: TicketId,
        agent: Option<UserId>,
        event: &Recorded,
    ) -> anyhow::Result<()> {
        let command = Uuid::new_v5(&command_id(NAME, event.position), ticket.stream().as_bytes());
        let request = Request::because_of(event, NAME, Utc::now(), command);
        match self.commands.put_back(&request, ticket, agent).await {
            // Merged meanwhile, for one: then nobody works on it.
            Err(Error::Refused(refusal)) => {
                tracing::info!(%refusal, ticket.id = %ticket, "Did not put a ticket back");
                Ok(())
            }
            outcome => Ok(outcome.map(|_| ())?),
        }
    }
}

#[async_trait]
impl Handler for PutBack {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["UserDeactivated", "UserDeleted", "UserErased", "RoleChanged", "TicketReopened", "TicketUnmerged"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        match &event.event {
            Event::User(UserEvent::RoleChanged { role, .. }) if role.works_on_tickets() => Ok(()),
            Event::User(_) => self.all_of(UserId(event.stream), event).await,
            Event::Ticket(_) => self.put_back(TicketId::of_stream(event.stream), None, event).await,
            _ => Ok(()),
        }
    }
}
