//! Letting a ticket live on in another one.

use domain::id::TicketId;
use domain::refusal::RefusalKind;
use domain::ticket::TicketCommand;

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
                if matches!(&merged, Err(Error::Refused(refusal)) if refusal.kind() != RefusalKind::Locked) {
                    return Ok(request.append(vec![merged?]));
                }
                // Before it is said that the ticket was merged, perhaps into this very one: who does not see that would
                // learn where it lives on.
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
