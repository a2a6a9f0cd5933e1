//! What people do with tickets and the conversations on them.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::access::{Caller, Role};
use domain::attachment::Uploaded;
use domain::catalogue::values::EntryKind;
use domain::conversation::mentions::kept;
use domain::conversation::values::Feedback;
use domain::conversation::{ConversationCommand, ConversationEvent};
use domain::event::{Event, StoredEvent as _};
use domain::id::{MessageId, TicketId};
use domain::refusal::{Refusal, RefusalKind};
use domain::ticket::values::Status;
use domain::ticket::{Live, Report, Ticket, TicketCommand, TicketError, TicketEvent};
use uuid::Uuid;

use crate::attachment::taking_part;
use crate::ledger::{Append, Appended, Quota, StreamAppend};
use crate::{Commands, Done, Error, Loaded, Request};

/// A ticket to be filed. Texts are parsed.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// Its identity, unless the same request filed it before.
    pub id: TicketId,
    /// What is reported. Its department is that of the category unless given, its building where the requester is unless
    /// given, its organization the requester's.
    pub report: Report,
    /// How many tickets a requester may file in 24 hours.
    pub per_day: i32,
    /// The files that go with it, uploaded by whoever files it.
    pub attachments: Vec<Uploaded>,
}

/// A message to be posted. The content is parsed.
#[derive(Debug, Clone, Default)]
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
    /// Who may be spoken to in it, as far as they may read it.
    pub mentions: Vec<Caller>,
    /// The status that the ticket comes to with it, by a transition from where the answer leads; staff only.
    pub set_status: Option<Status>,
    /// The files that go with it, uploaded by whoever writes it.
    pub attachments: Vec<Uploaded>,
}

impl Commands {
    /// A ticket as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_ticket(&self, id: TicketId) -> Result<Arc<Loaded<Ticket>>, Error> {
        self.tickets.load(id.stream(), true).await
    }

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
        let filed = &new;
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let ticket = self.tickets.load(stream, fresh).await?;
                    let report = self.report(&filed.report, fresh).await?;
                    let requester = report.requester;
                    let create = TicketCommand::Create(Box::new(report));
                    let mut streams = vec![ticket.decide(stream, request.issue(create))?];
                    if !filed.attachments.is_empty() {
                        let (conversing, attachments) = (filed.id.conversation(), filed.attachments.clone());
                        let conversation = self.conversations.load(conversing, fresh).await?;
                        let attach =
                            ConversationCommand::Attach { requester, files: attachments, is_internal: false };
                        streams.push(conversation.decide(conversing, request.issue(attach))?);
                    }
                    let mut append = request.append(streams);
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

    /// What is reported by a ticket to be filed, with what follows from its requester and its category.
    async fn report(&self, given: &Report, fresh: bool) -> Result<Report, Error> {
        // Whoever let the request in has looked at the account a second ago at most.
        let place = self.users.load(given.requester.0, fresh).await?.state.place();
        let mut report = Report { organization: place.organization, ..given.clone() };
        if let Some(id) = given.category {
            let category = self.choosable(EntryKind::Category, id).await?;
            let category = category.ok_or_else(|| no_such_entry(EntryKind::Category))?;
            report.department = report.department.or(category.details.department);
        }
        match given.building {
            Some(id) if self.choosable(EntryKind::Building, id).await?.is_none() => {
                return Err(no_such_entry(EntryKind::Building));
            }
            Some(_) => {}
            None => report.building = place.building,
        }
        Ok(report)
    }

    /// Refuses to mark a ticket, which was as in `before`, with what cannot be chosen.
    pub(crate) async fn check_labels(&self, before: &Ticket, decided: &StreamAppend) -> Result<(), Error> {
        let had = before.live().map(Live::tags).unwrap_or_default();
        for event in decided.events.iter().filter_map(TicketEvent::from_event) {
            let (kind, id) = match event {
                TicketEvent::CategoryChanged { category: Some(id) } => (EntryKind::Category, id),
                TicketEvent::BuildingChanged { building: Some(id) } => (EntryKind::Building, id),
                TicketEvent::TagsChanged { tags } => {
                    for code in tags.iter().filter(|code| !had.contains(code)) {
                        if !self.has_tag(code).await? {
                            return Err(Error::refused(TicketError::NoSuchTag(code.clone())));
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if self.choosable(kind, *id).await?.is_none() {
                return Err(no_such_entry(kind));
            }
        }
        Ok(())
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
                let decided = self.decide_on_ticket(request, id, command.clone(), fresh).await?;
                let children = self.children_done(request, id, &decided, fresh).await?;
                Ok(request.append([vec![decided], children].concat()))
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
        let mut answered = ticket.decide(of_ticket, request.issue(answer))?;
        if let Some(to) = new.set_status {
            let set = TicketCommand::SetStatus { to, reason: None };
            let changed = ticket.after(&answered.events).decide(of_ticket, request.issue(set))?;
            answered.events.extend(changed.events);
        }
        let live = ticket.state.live().ok_or_else(|| Error::refused(TicketError::NotFound))?;
        let conversation = self.conversations.load(of_conversation, fresh).await?;
        request.insist_on(&conversation)?;
        let mentions = kept(&new.mentions, &request.by, live.whose(), new.is_internal);
        let follow = TicketCommand::FollowMentioned { users: mentions.clone() };
        let followed = ticket.after(&answered.events).decide(of_ticket, request.issue(follow))?;
        answered.events.extend(followed.events);
        let post = ConversationCommand::Post {
            message_id: new.id,
            requester: live.requester(),
            content: new.content.clone(),
            is_internal: new.is_internal,
            is_ai: new.is_ai,
            client_msg_id: new.client_msg_id.clone(),
            mentions,
            attachments: new.attachments.clone(),
        };
        let posted = conversation.decide(of_conversation, request.issue(post))?;
        if posted.events.is_empty() {
            return Ok(request.append(vec![posted]));
        }
        let children = self.children_done(request, ticket_id, &answered, fresh).await?;
        Ok(request.append([vec![posted, answered], children].concat()))
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

    /// Judges a message on a ticket the caller takes part in.
    ///
    /// # Errors
    /// The ticket or the message does not exist for the caller, they only read along, or the ticket was merged.
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
                taking_part(&ticket.state, request)?;
                let conversation = self.conversations.load(stream, fresh).await?;
                request.insist_on(&conversation)?;
                let judge = ConversationCommand::SetFeedback { message_id, feedback };
                let judged = conversation.decide(stream, request.issue(judge))?;
                Ok(request.append(vec![judged, ticket.witness(ticket_id.stream())]))
            })
        })
        .await
    }
}

pub(crate) fn no_such_entry(kind: EntryKind) -> Error {
    Error::refused(TicketError::NoSuchEntry(kind))
}

pub(crate) fn is_not_found(refusal: &dyn Refusal) -> bool {
    refusal.kind() == RefusalKind::NotFound
}
