//! The other tickets that an answer or an event about one names, as far as the reader sees them.

use domain::access::Sight;
use domain::event::Event;
use domain::id::TicketId;
use projections::messages::Message;
use projections::ticket_page::FullTicket;
use projections::{merges, other_ticket, sight};
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::Answer;

impl Desk {
    /// `ticket` in full, as it is or as it was at a position of the log: with its followers and the tickets that it was merged
    /// with, as far as `sight` learns of them. Without this an answer names nobody and no other ticket.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn in_full(
        &self,
        sight: &Sight,
        ticket: FullTicket,
        at: Option<i64>,
    ) -> Answer<FullTicket> {
        let mut ticket = self.with_followers(sight, ticket).await?;
        if let Some(into) = ticket.merging {
            ticket.merged_into = other_ticket::find(self.pool(), sight, TicketId::of_stream(into)).await?;
        }
        let id = TicketId::of_stream(ticket.id);
        ticket.merged_tickets = merges::into_ticket(self.pool(), sight, id, at).await?;
        Ok(ticket)
    }

    /// `messages`, each with where it went on and where it was before, as far as `sight` sees those tickets.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn with_moves(&self, sight: &Sight, messages: Vec<Message>) -> Answer<Vec<Message>> {
        let moves = messages.iter().flat_map(|message| [message.moves.to, message.moves.from]);
        let others: Vec<Uuid> = moves.flatten().collect();
        if others.is_empty() {
            return Ok(messages);
        }
        let seen = sight::seen(self.pool(), sight, &others).await?;
        Ok(messages
            .into_iter()
            .map(|message| message.with_moves(|other| seen.contains_key(&other)))
            .collect())
    }

    /// What of `event` a reader of its ticket may know, who reads internal notes on it or not: see [`Event::part_for`].
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn part_of(
        &self,
        event: &Event,
        sight: &Sight,
        internal: bool,
    ) -> Answer<Option<Event>> {
        let sees = match event.other_ticket().filter(|_| internal) {
            Some(other) => *sight == Sight::Everything || self.sees(sight, other).await?,
            None => true,
        };
        Ok(event.part_for(internal, |_| sees))
    }

    async fn sees(&self, sight: &Sight, ticket: TicketId) -> Answer<bool> {
        Ok(sight::seen(self.pool(), sight, &[ticket.stream()]).await?.contains_key(&ticket.stream()))
    }
}
