//! Letting a ticket live on in another one.

use domain::id::TicketId;
use domain::ticket::TicketCommand;

use crate::ticket::is_not_found;
use crate::{Commands, Done, Error, Request};

impl Commands {
    /// Merges a ticket into another one, whose version is stated with the merge: it is open for work when the append is
    /// accepted, and was not merged itself.
    ///
    /// # Errors
    /// Refused by the rules, or the ticket is not at the version the caller insists on.
    pub async fn merge(&self, request: &Request, ticket: TicketId, into: TicketId) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let merge = TicketCommand::Merge { ticket, into };
                let merged = self.decide_on_ticket(request, ticket, merge, fresh).await;
                if matches!(&merged, Err(Error::Refused(refusal)) if is_not_found(&**refusal)) {
                    return Ok(request.append(vec![merged?]));
                }
                // Before anything else is said: whether a ticket was merged into one that the caller does not see would
                // tell where it lives on.
                let target = self.tickets.load(into.stream(), fresh).await?;
                let live = target.state.named_by(&request.by, "into").map_err(Error::refused)?;
                let merged = merged?;
                if !merged.events.is_empty() {
                    live.takes_in(&request.by).map_err(Error::refused)?;
                }
                Ok(request.append(vec![merged, target.witness(into.stream())]))
            })
        })
        .await
    }
}
