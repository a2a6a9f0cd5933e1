//! Taking a split back: what is said on the ticket that was split off goes back to where it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::conversation::{ConversationCommand, ConversationEvent};
use domain::event::Event;
use domain::id::{MessageId, TicketId};
use domain::ticket::{TicketCommand, TicketEvent};
use uuid::Uuid;

use crate::ledger::{Append, StreamAppend};
use crate::split::moving;
use crate::{Commands, Done, Error, Request};

impl Commands {
    /// Takes the split back that made `ticket`: every message that has not moved on goes back to the ticket that it was split off
    /// from, in which it lives on as after a merge; whole or not at all. What came from there is again what it was there, what was
    /// written since arrives behind it.
    ///
    /// Gives the ticket that it was split off from.
    ///
    /// # Errors
    /// Refused by the rules of either ticket, or `ticket` is not at the version the caller insists on.
    pub async fn unsplit(&self, request: &Request, ticket: TicketId) -> Result<(TicketId, Done), Error> {
        // Where it came from never changes.
        let from = self.split_off_from(ticket).await?;
        let done = self
            .settle(request, |fresh| Box::pin(self.prepare_unsplit(request, ticket, from, fresh)))
            .await?;
        Ok((from.unwrap_or(ticket), done))
    }

    async fn prepare_unsplit(
        &self,
        request: &Request,
        ticket: TicketId,
        from: Option<TicketId>,
        fresh: bool,
    ) -> Result<Append, Error> {
        let original = match from {
            Some(from) => self.tickets.load(from.stream(), fresh).await?,
            None => Arc::default(),
        };
        // To whoever does not see the other ticket there is none.
        let seen = original.state.named_by(&request.by, "from").ok();
        let unsplit = TicketCommand::Unsplit { ticket, from: from.filter(|_| seen.is_some()) };
        let merged = self.decide_on_ticket(request, ticket, unsplit, fresh).await?;
        let (Some(from), Some(live)) = (from, seen) else { return Ok(request.append(vec![merged])) };
        if merged.events.is_empty() {
            return Ok(request.append(vec![merged]));
        }
        live.takes_in(&request.by).map_err(Error::refused)?;
        let moved = self.move_back(request, ticket, from, fresh).await?;
        Ok(request.append([vec![merged, original.witness(from.stream())], moved].concat()))
    }

    /// What happens in the conversations of `ticket` and of `from`, where the messages go. Each is as it was read, though nothing
    /// moves.
    async fn move_back(
        &self,
        request: &Request,
        ticket: TicketId,
        from: TicketId,
        fresh: bool,
    ) -> Result<Vec<StreamAppend>, Error> {
        // With one look: of an undo at the same time both show all or neither shows anything.
        let both = [ticket.conversation(), from.conversation()];
        let mut both = self.conversations.load_all(&both, fresh).await?;
        let there = both.pop().map(|(_, loaded)| loaded).unwrap_or_default();
        let here = both.pop().map(|(_, loaded)| loaded).unwrap_or_default();
        let said = self.ledger.read_streams(&[(ticket.conversation(), 0)]).await?;
        let origins: BTreeMap<MessageId, MessageId> =
            said.iter().filter_map(|recorded| origin(&recorded.event, from)).collect();
        let becomes =
            |message: MessageId| origins.get(&message).copied().unwrap_or_else(|| new(from, message));
        let messages: BTreeMap<MessageId, MessageId> =
            here.state.staying().map(|message| (message, becomes(message))).collect();
        let arriving = ConversationCommand::MoveIn { from: ticket, messages: moving(said, &messages) };
        let leaving = ConversationCommand::MoveOut { to: from, messages };
        Ok(vec![
            here.decide(ticket.conversation(), request.issue(leaving))?,
            there.decide(from.conversation(), request.issue(arriving))?,
        ])
    }

    /// The ticket that `ticket` was split off from: the first messages on it came from there, and it says so itself.
    async fn split_off_from(&self, ticket: TicketId) -> Result<Option<TicketId>, Error> {
        let said = self.ledger.read_streams(&[(ticket.conversation(), 0)]).await?;
        let came = said.iter().find_map(|recorded| match recorded.event {
            Event::Conversation(ConversationEvent::MessageMovedIn { from, .. }) => from,
            _ => None,
        });
        let Some(from) = came else { return Ok(None) };
        let happened = self.ledger.read_streams(&[(from.stream(), 0)]).await?;
        let split_it = |event: &Event| matches!(event, Event::Ticket(TicketEvent::TicketSplit { into }) if *into == ticket);
        Ok(happened.iter().any(|recorded| split_it(&recorded.event)).then_some(from))
    }
}

/// What the message that arrived by `event` was called on the ticket `from`, if it came from there.
fn origin(event: &Event, from: TicketId) -> Option<(MessageId, MessageId)> {
    match event {
        Event::Conversation(ConversationEvent::MessageMovedIn {
            message_id,
            from: Some(came_from),
            origin: Some(origin),
            ..
        }) if *came_from == from => Some((*message_id, *origin)),
        _ => None,
    }
}

/// What a message that was never on the ticket `from` is called there. It moves there once, so once there is the name.
fn new(from: TicketId, message: MessageId) -> MessageId {
    MessageId(Uuid::new_v5(&from.conversation(), message.0.as_bytes()))
}
