//! The aggregate: as much of a Ledgerdesk ticket as one append needs.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

const TITLE: &str = "Label printer in the Leipzig warehouse prints every second label blank";
const TEXT: &str = "Since the update on Monday every second shipping label comes out blank. We have \
    cleaned the head, changed the roll and the ribbon, and reinstalled the driver twice. The self-test \
    page is fine. About 300 parcels a day wait for this, so please call us back before noon today at the latest.";

/// What a decision about a ticket depends on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ticket {
    open: bool,
    messages: u32,
}

/// What can be asked of a ticket.
#[derive(Debug)]
pub(crate) enum TicketCommand {
    Open { title: String, description: String },
    AddMessage { text: String },
}

impl TicketCommand {
    /// The first command of a ticket; its event is about 400 bytes of JSON.
    pub(crate) fn open() -> Self {
        Self::Open { title: TITLE.to_owned(), description: TEXT.to_owned() }
    }

    /// Any later command; its event is about as large as the first one.
    pub(crate) fn add_message() -> Self {
        Self::AddMessage { text: format!("{TITLE}. {TEXT}") }
    }
}

/// What happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TicketEvent {
    Opened { title: String, description: String },
    MessageAdded { number: u32, text: String },
}

impl DomainEvent for TicketEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "TicketOpened".to_owned(),
            Self::MessageAdded { .. } => "TicketMessageAdded".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a command was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TicketError {
    #[error("the ticket is already open")]
    AlreadyOpen,
    #[error("the ticket is not open")]
    NotOpen,
}

impl Ticket {
    /// The decision itself, without the library around it.
    pub(crate) fn decide(&self, command: TicketCommand) -> Result<TicketEvent, TicketError> {
        match (command, self.open) {
            (TicketCommand::Open { title, description }, false) => {
                Ok(TicketEvent::Opened { title, description })
            }
            (TicketCommand::AddMessage { text }, true) => {
                Ok(TicketEvent::MessageAdded { number: self.messages + 1, text })
            }
            (TicketCommand::Open { .. }, true) => Err(TicketError::AlreadyOpen),
            (TicketCommand::AddMessage { .. }, false) => Err(TicketError::NotOpen),
        }
    }
}

impl Aggregate for Ticket {
    const TYPE: &'static str = "ticket";
    type Command = TicketCommand;
    type Event = TicketEvent;
    type Error = TicketError;
    type Services = ();

    async fn handle(
        &mut self,
        command: TicketCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), TicketError> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: TicketEvent) {
        match event {
            TicketEvent::Opened { .. } => self.open = true,
            TicketEvent::MessageAdded { number, .. } => self.messages = number,
        }
    }
}

/// The events of a ticket that was opened and got messages until it had `length` events.
pub(crate) fn history(length: usize) -> Result<Vec<TicketEvent>, TicketError> {
    let mut ticket = Ticket::default();
    let commands =
        std::iter::once(TicketCommand::open()).chain(std::iter::repeat_with(TicketCommand::add_message));
    commands
        .take(length)
        .map(|command| {
            let event = ticket.decide(command)?;
            ticket.apply(event.clone());
            Ok(event)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    #[test]
    fn a_message_needs_an_open_ticket() {
        TestFramework::<Ticket>::with(())
            .given_no_previous_events()
            .when(TicketCommand::add_message())
            .then_expect_error(TicketError::NotOpen);
    }

    #[test]
    fn messages_are_numbered_from_the_loaded_state() {
        let next = TicketEvent::MessageAdded { number: 5, text: format!("{TITLE}. {TEXT}") };
        TestFramework::<Ticket>::with(())
            .given(history(5).expect("a valid history"))
            .when(TicketCommand::add_message())
            .then_expect_events(vec![next]);
    }

    #[test]
    fn payloads_are_about_400_bytes() {
        for event in history(2).expect("a valid history") {
            let bytes = serde_json::to_string(&event).expect("events are JSON").len();
            assert!((380..=420).contains(&bytes), "{bytes} bytes: {event:?}");
        }
    }
}
