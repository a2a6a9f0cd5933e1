//! Splitting a part of a conversation off as a ticket of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::conversation::moving::Moving;
use domain::conversation::{Conversation, ConversationCommand, ConversationEvent};
use domain::event::{Event, Recorded};
use domain::id::{LinkId, MessageId, TicketId};
use domain::ticket::{Link, LinkKind, LinkTo, Ticket, TicketCommand, TicketError, TicketEvent};

use crate::ledger::{Append, Appended};
use crate::{Commands, Done, Error, Loaded, Request};

/// A ticket to be split off. Texts are parsed.
#[derive(Debug, Clone)]
pub struct NewSplit {
    /// Its identity, unless the same request split it off before.
    pub id: TicketId,
    /// Its title.
    pub title: String,
    /// The messages that move there, and what each is called there.
    pub messages: BTreeMap<MessageId, MessageId>,
    /// The identity of the link between the two.
    pub link: LinkId,
}

impl Commands {
    /// Splits messages of a ticket off as a ticket of its own, of the same requester and with the same department: whole or not at
    /// all. What they say stays under the keys that it is under, so whatever destroys it there destroys it here.
    ///
    /// # Errors
    /// Refused by the rules, or the ticket is not at the version the caller insists on.
    pub async fn split(
        &self,
        request: &Request,
        ticket: TicketId,
        new: &NewSplit,
    ) -> Result<(TicketId, Done), Error> {
        let done =
            self.settle(request, |fresh| Box::pin(self.prepare_split(request, ticket, new, fresh))).await?;
        let Done::Changed(Appended { first, last, repeated: true }) = done else { return Ok((new.id, done)) };
        let events = self.ledger.read_range(first, last).await?;
        let split_off = events.iter().find_map(|recorded| match recorded.event {
            Event::Ticket(TicketEvent::TicketSplit { into }) => Some(into),
            _ => None,
        });
        Ok((split_off.unwrap_or(new.id), done))
    }

    async fn prepare_split(
        &self,
        request: &Request,
        ticket: TicketId,
        new: &NewSplit,
        fresh: bool,
    ) -> Result<Append, Error> {
        let mut split =
            self.decide_on_ticket(request, ticket, TicketCommand::Split { into: new.id }, fresh).await?;
        let source = self.tickets.load(ticket.stream(), fresh).await?;
        let live = source.state.live().ok_or_else(|| Error::refused(TicketError::NotFound))?;
        let link = |ticket, other| {
            let link = Link { id: new.link, kind: LinkKind::Relates, to: LinkTo::Ticket(other) };
            request.issue(TicketCommand::Link { ticket, link })
        };
        split.events.extend(source.decide(ticket.stream(), link(ticket, new.id))?.events);

        let report = live.split_off(new.title.clone());
        let create = request.issue(TicketCommand::Create(Box::new(report)));
        let mut created = Loaded::<Ticket>::default().decide(new.id.stream(), create)?;
        let filed = Loaded::<Ticket>::default().after(&created.events);
        created.events.extend(filed.decide(new.id.stream(), link(new.id, ticket))?.events);

        let conversation = self.conversations.load(ticket.conversation(), fresh).await?;
        let command = ConversationCommand::MoveOut { to: new.id, messages: new.messages.clone() };
        let leaving = conversation.decide(ticket.conversation(), request.issue(command))?;
        let said = self.ledger.read_streams(&[(ticket.conversation(), 0)]).await?;
        let messages = moving(said, &new.messages);
        let command = ConversationCommand::MoveIn { from: ticket, messages };
        let arriving =
            Loaded::<Conversation>::default().decide(new.id.conversation(), request.issue(command))?;
        Ok(request.append(vec![split, leaving, created, arriving]))
    }
}

/// The messages that are to move of those that `said` tells of, all that was said in a conversation: as they are now, in the order
/// in which they were written. States do not remember texts.
pub(crate) fn moving(said: Vec<Recorded>, wanted: &BTreeMap<MessageId, MessageId>) -> Vec<Moving> {
    let mut moving: Vec<Moving> = Vec::with_capacity(wanted.len());
    for recorded in said {
        let (posted_at, Event::Conversation(event)) = (recorded.occurred_at, recorded.event) else {
            continue;
        };
        if let ConversationEvent::MessageRedacted { message_id, left, .. } = event {
            if let Some(message) = moving.iter_mut().find(|message| message.origin == message_id) {
                (message.content, message.is_redacted) = (left, true);
            }
            continue;
        }
        let Some(begun) = begun(event, posted_at, wanted) else { continue };
        // One that came back is where it was before.
        match moving.iter_mut().find(|message| message.origin == begun.origin) {
            Some(before) => *before = begun,
            None => moving.push(begun),
        }
    }
    moving
}

/// The message that `event` began, if it is wanted.
fn begun(
    event: ConversationEvent,
    at: DateTime<Utc>,
    wanted: &BTreeMap<MessageId, MessageId>,
) -> Option<Moving> {
    let moving = match event {
        ConversationEvent::MessagePosted {
            message_id: origin,
            sender,
            sender_role,
            message_type,
            content,
            is_internal,
            is_ai,
            mentions,
            ..
        } => Moving {
            message_id: *wanted.get(&origin)?,
            origin,
            sender,
            sender_role,
            message_type,
            content: Some(content),
            is_redacted: false,
            is_internal,
            is_ai,
            mentions,
            posted_at: at,
        },
        ConversationEvent::MessageMovedIn {
            message_id: origin,
            sender,
            sender_role,
            message_type,
            content,
            is_redacted,
            is_internal,
            is_ai,
            mentions,
            posted_at,
            ..
        } => Moving {
            message_id: *wanted.get(&origin)?,
            origin,
            sender,
            sender_role,
            message_type,
            content,
            is_redacted,
            is_internal,
            is_ai,
            mentions,
            posted_at,
        },
        _ => return None,
    };
    Some(moving)
}
