//! The ticket: a requester's problem, from creation to closing.

mod aftermath;
mod command;
mod decide;
mod edit;
mod error;
mod event;
mod evolution;
mod field;
mod followers;
mod labels;
mod links;
mod merging;
mod progress;
mod routing;
mod splitting;
mod state;
#[cfg(test)]
mod tests;
mod triage;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use command::{
    Assignee, Changes, Conclusion, Report, Room, Routing, Screening, Team, TicketCommand, Triaged,
};
pub use error::TicketError;
pub use event::TicketEvent;
pub use field::Field;
pub use followers::MOST_FOLLOWERS;
pub use labels::{LabelChanges, MOST_TAGS};
pub use links::{BadUrl, LONGEST_URL, Link, LinkKind, LinkTo, MOST_GENERATIONS, MOST_LINKS, parse_url};
pub use state::Live;
pub use triage::Doubt;
use values::Status;

use crate::{Decide, Issued};

/// A ticket, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ticket {
    live: Option<Live>,
}

type Decision = Result<Vec<TicketEvent>, TicketError>;

impl Ticket {
    /// What it remembers; none for a ticket that was never created.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// The statuses that staff can bring it to by [`TicketCommand::SetStatus`]; none while it is locked.
    #[must_use]
    pub fn allowed(&self) -> Vec<Status> {
        self.live().map(Live::allowed).unwrap_or_default()
    }
}

impl Decide for Ticket {
    fn decide(&self, issued: Issued<TicketCommand>) -> Decision {
        let Issued { by, at, terms, command } = issued;
        match (&self.live, command) {
            (None, TicketCommand::Create(report)) => decide::create(&by, *report),
            (None, _) => Err(TicketError::NotFound),
            (Some(_), TicketCommand::Create(_)) => Err(TicketError::AlreadyExists),
            (Some(live), command) => live.decide(&by, at, terms, command),
        }
    }
}

impl Aggregate for Ticket {
    const TYPE: &'static str = "ticket";
    type Command = Issued<TicketCommand>;
    type Event = TicketEvent;
    type Error = TicketError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), TicketError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: TicketEvent) {
        match &mut self.live {
            Some(live) => live.apply(event),
            None => self.live = Live::created(event),
        }
    }
}
