//! Who is shown as a follower of a ticket, and to whom.

use domain::access::{Department, Sight};
use projections::followers::readers;
use projections::ticket_page::FullTicket;

use crate::desk::Desk;
use crate::problem::Answer;

impl Desk {
    /// `ticket` with those of its followers of whom `sight` learns, as they see now. Without this an answer shows nobody.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn with_followers(&self, sight: &Sight, ticket: FullTicket) -> Answer<FullTicket> {
        let department: Option<Department> = ticket.department.as_deref().and_then(|code| code.parse().ok());
        let whose = ticket.whose(department.as_ref());
        let mut followers = Vec::new();
        for (caller, follower) in readers(self.pool(), ticket.following.values()).await? {
            let theirs = self.reaching(caller).await?.sight();
            if sight.shows_follower(follower.id, &theirs, whose) {
                followers.push(follower);
            }
        }
        Ok(FullTicket { followers, ..ticket })
    }
}
