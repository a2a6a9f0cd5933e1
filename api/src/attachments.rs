//! What becomes of attachments because something happened, and which ones a request may use.

use std::sync::Arc;

use application::ledger::Ledger as _;
use application::{Commands, Error, Request};
use async_trait::async_trait;
use chrono::Utc;
use domain::attachment::Uploaded;
use domain::conversation::ConversationEvent;
use domain::conversation::attachments::MOST_ATTACHMENTS;
use domain::event::{Event, Recorded};
use domain::id::{AttachmentId, TicketId, UserId};
use domain::refusal::RefusalKind;
use domain::user::UserEvent;
use infrastructure::attachments::Attachments;
use infrastructure::handler::{Handler, command_id};
use uuid::Uuid;

use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "attachments";

/// Destroys what was removed, and removes what an erased person uploaded or what is on their tickets.
pub(crate) struct Removal {
    commands: Arc<Commands>,
    attachments: Attachments,
}

impl Removal {
    pub(crate) fn new(commands: Arc<Commands>, attachments: Attachments) -> Self {
        Self { commands, attachments }
    }

    async fn all_about(&self, user: UserId, event: &Recorded) -> anyhow::Result<()> {
        for (id, ticket) in self.attachments.about(user).await? {
            if let Some(ticket) = ticket {
                self.remove(TicketId::of_stream(ticket), id, event).await?;
            }
            self.attachments.destroy(id).await?;
        }
        Ok(())
    }

    /// Each file has a command of its own, which is the same however often the event is handled.
    async fn remove(&self, ticket: TicketId, id: AttachmentId, event: &Recorded) -> anyhow::Result<()> {
        let command = Uuid::new_v5(&command_id(NAME, event.position), id.0.as_bytes());
        let request = Request::because_of(event, NAME, Utc::now(), command);
        match self.commands.remove_attachment(&request, ticket, id).await {
            // It was never put there, or was removed meanwhile.
            Err(Error::Refused(refusal)) if refusal.kind() == RefusalKind::NotFound => Ok(()),
            outcome => Ok(outcome.map(|_| ())?),
        }
    }
}

#[async_trait]
impl Handler for Removal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["AttachmentRemoved", "UserErased"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        match &event.event {
            Event::Conversation(ConversationEvent::AttachmentRemoved { attachment_id, .. }) => {
                self.attachments.destroy(*attachment_id).await
            }
            Event::User(UserEvent::UserErased { .. }) => self.all_about(UserId(event.stream), event).await,
            _ => Ok(()),
        }
    }
}

/// Notes it if `ids` are more than go together, or one twice.
pub(crate) fn check(errors: &mut ValidationErrors, ids: &[Uuid]) {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if ids.len() > MOST_ATTACHMENTS || distinct.len() < ids.len() {
        let message = format!("must be at most {MOST_ATTACHMENTS}, each once");
        errors.add("attachment_ids", "invalid", message);
    }
}

impl Desk {
    /// The files `ids` for a command on the ticket of this stream and requester, reserved for it. A command that was
    /// accepted before needs none.
    ///
    /// # Errors
    /// 422 if one is not the caller's, or not there for this ticket.
    pub(crate) async fn reserved(
        &self,
        request: &Request,
        ids: &[Uuid],
        ticket: (Uuid, UserId),
    ) -> Answer<Vec<Uploaded>> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        if request.fingerprint.is_some()
            && self.log.outcome(request.command_id).await.map_err(Error::from)?.is_some()
        {
            return Ok(vec![]);
        }
        let ids: Vec<AttachmentId> = ids.iter().copied().map(AttachmentId).collect();
        let uploader = request.by.person().unwrap_or_default();
        let files = self.attachments.reserve(&ids, uploader, ticket).await?;
        files.ok_or_else(|| {
            let mut errors = ValidationErrors::default();
            let message = "must be files that the sender uploaded for this ticket, or for none, within a day";
            errors.add("attachment_ids", "invalid", message);
            errors.into()
        })
    }
}
