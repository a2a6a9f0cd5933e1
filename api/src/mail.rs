//! What the desk writes to people by mail.

use domain::user::values::EmailAddress;
use infrastructure::mail::NewMail;

use crate::desk::Desk;
use crate::problem::Answer;

/// Addresses below these domains reach nobody: accounts that have none were given one there.
const NOWHERE: [&str; 2] = [".invalid", "@localhost.localdomain"];

impl Desk {
    /// Has a mail sent as soon as can be. An address that reaches nobody gets none.
    ///
    /// # Errors
    /// The database cannot be reached, or the person was erased.
    pub async fn mail(&self, mail: NewMail) -> Answer<()> {
        if is_reachable(&mail.address) {
            self.outbox.put(mail).await?;
        }
        Ok(())
    }
}

/// Whether there can be somebody behind the address.
pub(crate) fn is_reachable(address: &EmailAddress) -> bool {
    !NOWHERE.iter().any(|domain| address.as_str().ends_with(domain))
}
