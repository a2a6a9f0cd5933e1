//! Making what a message says unreadable.

use std::ops::Range;

use domain::conversation::redaction::without;
use domain::conversation::{ConversationCommand, ConversationError, ConversationEvent};
use domain::event::Event;
use domain::id::{MessageId, TicketId};
use domain::sealed::Sealed;
use domain::ticket::{Live, TicketError};
use uuid::Uuid;

use crate::ledger::Append;
use crate::{Commands, Done, Error, Request};

/// What is to be redacted, and why. The reason is parsed.
#[derive(Debug, Clone)]
pub struct Redaction {
    /// The parts, in characters; none for all of it.
    pub spans: Option<Vec<Range<usize>>>,
    /// Why.
    pub reason: String,
    /// The name of the key for what is left.
    pub key: Uuid,
}

impl Commands {
    /// Makes what a message says unreadable. The event orders it; the key is destroyed by whoever follows it.
    ///
    /// # Errors
    /// Refused by the rules, or the conversation is not at the version the caller insists on.
    pub async fn redact_message(
        &self,
        request: &Request,
        ticket_id: TicketId,
        message_id: MessageId,
        redaction: &Redaction,
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(self.prepare_redaction(request, ticket_id, message_id, redaction, fresh))
        })
        .await
    }

    async fn prepare_redaction(
        &self,
        request: &Request,
        ticket_id: TicketId,
        message_id: MessageId,
        redaction: &Redaction,
        fresh: bool,
    ) -> Result<Append, Error> {
        let stream = ticket_id.conversation();
        let ticket = self.tickets.load(ticket_id.stream(), fresh).await?;
        let live = ticket.state.live().filter(|live| request.by.sight().sees(live.whose()));
        let requester = live.map(Live::requester).ok_or_else(|| Error::refused(TicketError::NotFound))?;
        // Before anything is read of the message: whoever may not, learns nothing of it.
        if !request.by.is_admin() {
            return Err(Error::refused(ConversationError::Forbidden("administrators")));
        }
        let conversation = self.conversations.load(stream, fresh).await?;
        request.insist_on(&conversation)?;
        let content = self.content_of(stream, message_id).await?;
        let left = match (&redaction.spans, &content) {
            (Some(spans), Some(content)) => {
                let text = without(content.text().unwrap_or_default(), spans).map_err(Error::refused)?;
                Some((redaction.key, text))
            }
            _ => None,
        };
        let redact = ConversationCommand::Redact {
            message_id,
            requester,
            seen: content.as_ref().and_then(Sealed::own_key),
            left,
            reason: redaction.reason.clone(),
        };
        Ok(request.append(vec![conversation.decide(stream, request.issue(redact))?]))
    }

    /// What a message says now; none if there is no such message, or nothing is left of it. States do not remember texts.
    async fn content_of(&self, stream: Uuid, wanted: MessageId) -> Result<Option<Sealed>, Error> {
        let events = self.ledger.read_streams(&[(stream, 0)]).await?;
        let mut found = None;
        for recorded in events {
            match recorded.event {
                Event::Conversation(ConversationEvent::MessagePosted { message_id, content, .. })
                    if message_id == wanted =>
                {
                    found = Some(content);
                }
                Event::Conversation(ConversationEvent::MessageMovedIn { message_id, content, .. })
                    if message_id == wanted =>
                {
                    found = content;
                }
                Event::Conversation(ConversationEvent::MessageRedacted { message_id, left, .. })
                    if message_id == wanted =>
                {
                    found = left;
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
