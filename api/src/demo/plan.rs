//! A ticket's life as data: who does what to it, and when, before anybody does it.

use chrono::{DateTime, Utc};
use domain::access::{Caller, Department};
use domain::id::{MessageId, TicketId};
use domain::ticket::values::Urgency;
use domain::ticket::{Report, TicketCommand};
use uuid::Uuid;

use super::names;
use super::people::Person;

/// The desk itself, while it sets up the demo.
pub(crate) const DESK: Caller = Caller::System("demo");

/// A ticket's life, from its filing on.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// Names it for ever: its ids and those of its commands follow from this.
    pub(crate) name: String,
    /// When it was filed.
    pub(crate) filed_at: DateTime<Utc>,
    /// Whose problem it is.
    pub(crate) requester: Person,
    /// The problem in a line, parsed.
    pub(crate) title: String,
    /// The problem in full, parsed.
    pub(crate) description: String,
    /// How pressing the requester says it is.
    pub(crate) urgency: Urgency,
    /// The department it is filed with.
    pub(crate) department: Option<Department>,
    /// What happens to it, in order.
    pub(crate) steps: Vec<Step>,
}

impl Life {
    /// What is reported.
    pub(crate) fn report(&self) -> Report {
        Report {
            requester: self.requester.id(),
            title: self.title.clone(),
            description: self.description.clone(),
            urgency: self.urgency,
            department: self.department.clone(),
            ..Report::default()
        }
    }
}

/// One thing that happens to a ticket. Each leads to at least one event.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Who does it.
    pub(crate) by: Caller,
    /// What they do.
    pub(crate) act: Act,
}

/// What somebody does to a ticket.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Write a message.
    Say {
        /// What it says, parsed.
        content: String,
        /// Whether only staff may read it.
        is_internal: bool,
    },
    /// Make an agent responsible.
    Assign(Person),
    /// Anything else.
    Do(TicketCommand),
}

/// A command's id, and what says that it is the same command again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandName {
    /// The id.
    pub(crate) id: Uuid,
    /// The fingerprint.
    pub(crate) fingerprint: [u8; 32],
}

impl CommandName {
    /// The command called `name`.
    pub(crate) fn of(name: &str) -> Self {
        Self { id: names::id(&format!("command:{name}")), fingerprint: names::sha256(name.as_bytes()) }
    }
}

impl Life {
    /// The ticket's id, unless it was filed before.
    pub(crate) fn ticket_id(&self) -> TicketId {
        TicketId::new(self.filed_at, names::entropy(&self.name))
    }

    /// The command of the step of this number; the filing is number 0.
    pub(crate) fn command(&self, step: usize) -> CommandName {
        CommandName::of(&format!("{}:{step}", self.name))
    }

    /// The last command, after which nothing remains to be done.
    pub(crate) fn last_command(&self) -> CommandName {
        self.command(self.steps.len())
    }

    /// The id of the message that the step of this number posts.
    pub(crate) fn message(&self, step: usize) -> MessageId {
        MessageId(names::id(&format!("message:{}:{step}", self.name)))
    }
}
