//! Putting files with a ticket, and removing them. Their content is stored beside the log.

use domain::attachment::Uploaded;
use domain::conversation::{ConversationCommand, ConversationError};
use domain::id::{AttachmentId, TicketId};
use domain::ticket::{Live, Ticket, TicketError};

use crate::{Commands, Done, Error, Request};

impl Commands {
    /// Puts `files` with the ticket itself, each of them uploaded by whoever asks.
    ///
    /// # Errors
    /// The ticket does not exist for the caller, or they only read along; only staff add what only staff may see.
    pub async fn attach(
        &self,
        request: &Request,
        ticket_id: TicketId,
        files: &[Uploaded],
        is_internal: bool,
    ) -> Result<Done, Error> {
        let stream = ticket_id.conversation();
        self.settle(request, |fresh| {
            Box::pin(async move {
                let ticket = self.tickets.load(ticket_id.stream(), fresh).await?;
                let live = taking_part(&ticket.state, request)?;
                let conversation = self.conversations.load(stream, fresh).await?;
                request.insist_on(&conversation)?;
                let (requester, files) = (live.requester(), files.to_vec());
                let attach = ConversationCommand::Attach { requester, files, is_internal };
                let attached = conversation.decide(stream, request.issue(attach))?;
                // What is put with a ticket depends on who sees it, so that is as it was read.
                Ok(request.append(vec![attached, ticket.witness(ticket_id.stream())]))
            })
        })
        .await
    }

    /// Removes a file. The event orders it; key and content are destroyed by whoever follows it.
    ///
    /// # Errors
    /// There is no such file for the caller, or it is not theirs to remove.
    pub async fn remove_attachment(
        &self,
        request: &Request,
        ticket_id: TicketId,
        attachment_id: AttachmentId,
    ) -> Result<Done, Error> {
        let stream = ticket_id.conversation();
        self.settle(request, |fresh| {
            Box::pin(async move {
                let ticket = self.tickets.load(ticket_id.stream(), fresh).await?;
                let sight = request.by.sight();
                let live = ticket.state.live().filter(|live| sight.sees(live.whose()));
                let live = live.ok_or_else(|| Error::refused(TicketError::NotFound))?;
                let conversation = self.conversations.load(stream, fresh).await?;
                let is_hidden = conversation.state.attachment(attachment_id).is_some_and(|known| {
                    known.is_internal() && !sight.reads_internal(live.requester(), live.assignee())
                });
                if is_hidden {
                    return Err(Error::refused(ConversationError::AttachmentNotFound));
                }
                request.insist_on(&conversation)?;
                let remove = ConversationCommand::RemoveAttachment { attachment_id };
                Ok(request.append(vec![conversation.decide(stream, request.issue(remove))?]))
            })
        })
        .await
    }
}

/// The ticket, if the caller sees it and may do something on it.
pub(crate) fn taking_part<'t>(ticket: &'t Ticket, request: &Request) -> Result<&'t Live, Error> {
    let live = ticket.live().filter(|live| request.by.sight().sees(live.whose()));
    let live = live.ok_or_else(|| Error::refused(TicketError::NotFound))?;
    live.takes_part(&request.by).map_err(Error::refused)?;
    live.takes_changes().map_err(Error::refused)?;
    Ok(live)
}
