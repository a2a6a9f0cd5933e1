//! What people do with tickets and the conversations on them.

use chrono::TimeDelta;
use domain::access::{Caller, Department, Role};
use domain::conversation::values::Feedback;
use domain::conversation::{ConversationCommand, ConversationEvent};
use domain::event::Event;
use domain::id::{MessageId, TicketId, UserId};
use domain::refusal::{Refusal, RefusalKind};
use domain::ticket::values::Urgency;
use domain::ticket::{Live, TicketCommand, TicketError};
use uuid::Uuid;

use crate::ledger::{Append, Appended, Quota};
use crate::{Commands, Done, Error, Request};

/// A ticket to be filed. Texts are parsed.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// Its identity, unless the same request filed it before.
    pub id: TicketId,
    /// Whose problem it is.
    pub requester: UserId,
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// How pressing the requester says it is.
    pub urgency: Urgency,
    /// The department to file it with.
    pub department: Option<Department>,
    /// How many tickets a requester may file in 24 hours.
    pub per_day: i32,
}

/// A message to be posted. The content is parsed.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its identity, unless the same message was posted before.
    pub id: MessageId,
    /// What it says.
    pub content: String,
    /// Whether only staff may read it.
    pub is_internal: bool,
    /// Whether a model wrote it.
    pub is_ai: bool,
    /// The sender's own id for it.
    pub client_msg_id: Option<String>,
}

impl Commands {
    /// Files a ticket. Requesters have a daily allowance; staff and the desk itself have none.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::QuotaExceeded`].
    pub async fn create_ticket(&self, request: &Request, new: NewTicket) -> Result<(TicketId, Done), Error> {
        let allowance = match request.by {
            Caller::Person { id, role: Role::User, .. } => {
                Some(Quota { key: id.0, limit: new.per_day, window: TimeDelta::hours(24) })
            }
            _ => None,
        };
        let stream = new.id.stream();
        let create = TicketCommand::Create {
            requester: new.requester,
            title: new.title,
            description: new.description,
            urgency: new.urgency,
            department: new.department,
        };
        let create = &create;
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let ticket = self.tickets.load(stream, fresh).await?;
                    let created = ticket.decide(stream, request.issue(create.clone()))?;
                    let mut append = request.append(vec![created]);
                    append.quota = allowance;
                    Ok(append)
                })
            })
            .await?;
        match done {
            Done::Changed(appended) if appended.repeated => {
                let first = self.ledger.read_range(appended.first, appended.first).await?;
                let stream = first.first().map_or(stream, |recorded| recorded.stream);
                Ok((TicketId::of_stream(stream), done))
            }
            _ => Ok((new.id, done)),
        }
    }

    /// Does one thing to one ticket.
    ///
    /// # Errors
    /// Refused by the rules, or the ticket is not at the version the caller insists on.
    pub async fn ticket(
        &self,
        request: &Request,
        id: TicketId,
        command: TicketCommand,
    ) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                Ok(request.append(vec![self.decide_on_ticket(request, id, command.clone(), fresh).await?]))
            })
        })
        .await
    }

    /// Posts a message, and with it whatever the answer does to the ticket: both or neither.
    ///
    /// Gives the message's id: that of the earlier one if the same message was posted before.
    ///
    /// # Errors
    /// Refused by the rules, or the conversation is not at the version the caller insists on.
    pub async fn post_message(
        &self,
        request: &Request,
        ticket_id: TicketId,
        new: NewMessage,
    ) -> Result<(MessageId, Done), Error> {
        let conversation = ticket_id.conversation();
        let message = &new;
        let done = self
            .settle(request, |fresh| Box::pin(self.prepare_message(request, ticket_id, message, fresh)))
            .await?;
        Ok((self.message_posted(request, conversation, message, done).await?, done))
    }

    async fn prepare_message(
        &self,
        request: &Request,
        ticket_id: TicketId,
        new: &NewMessage,
        fresh: bool,
    ) -> Result<Append, Error> {
        let (of_ticket, of_conversation) = (ticket_id.stream(), ticket_id.conversation());
        let ticket = self.tickets.load(of_ticket, fresh).await?;
        let answer = TicketCommand::Answer { is_internal: new.is_internal };
        let answered = ticket.decide(of_ticket, request.issue(answer))?;
        let requester = ticket.state.live().map(Live::requester).unwrap_or_default();
        let conversation = self.conversations.load(of_conversation, fresh).await?;
        request.insist_on(&conversation)?;
        let post = ConversationCommand::Post {
            message_id: new.id,
            requester,
            content: new.content.clone(),
            is_internal: new.is_internal,
            is_ai: new.is_ai,
            client_msg_id: new.client_msg_id.clone(),
        };
        let posted = conversation.decide(of_conversation, request.issue(post))?;
        if posted.events.is_empty() {
            return Ok(request.append(vec![posted]));
        }
        Ok(request.append(vec![posted, answered]))
    }

    async fn message_posted(
        &self,
        request: &Request,
        conversation: Uuid,
        new: &NewMessage,
        done: Done,
    ) -> Result<MessageId, Error> {
        match done {
            Done::Changed(Appended { first, last, repeated: true }) => {
                let posted = self.ledger.read_range(first, last).await?;
                let id = posted.iter().find_map(|recorded| match &recorded.event {
                    Event::Conversation(ConversationEvent::MessagePosted { message_id, .. }) => {
                        Some(*message_id)
                    }
                    _ => None,
                });
                Ok(id.unwrap_or(new.id))
            }
            Done::Changed(_) => Ok(new.id),
            Done::Unchanged => {
                let conversation = self.conversations.load(conversation, false).await?;
                let earlier = new
                    .client_msg_id
                    .as_deref()
                    .and_then(|client| conversation.state.posted_with(request.by.person(), client));
                Ok(earlier.unwrap_or(new.id))
            }
        }
    }

    /// Judges a message on a ticket the caller sees.
    ///
    /// # Errors
    /// The ticket or the message does not exist for the caller.
    pub async fn judge_message(
        &self,
        request: &Request,
        ticket_id: TicketId,
        message_id: MessageId,
        feedback: Feedback,
    ) -> Result<Done, Error> {
        let stream = ticket_id.conversation();
        self.settle(request, |fresh| {
            Box::pin(async move {
                let ticket = self.tickets.load(ticket_id.stream(), fresh).await?;
                let sight = request.by.sight();
                if !ticket.state.live().is_some_and(|live| sight.sees(live.whose())) {
                    return Err(Error::refused(TicketError::NotFound));
                }
                let conversation = self.conversations.load(stream, fresh).await?;
                request.insist_on(&conversation)?;
                let judge = ConversationCommand::SetFeedback { message_id, feedback };
                Ok(request.append(vec![conversation.decide(stream, request.issue(judge))?]))
            })
        })
        .await
    }
}

pub(crate) fn is_not_found(refusal: &dyn Refusal) -> bool {
    refusal.kind() == RefusalKind::NotFound
}
