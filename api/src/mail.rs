//! What the desk writes to people by mail.

use domain::id::UserId;
use domain::user::values::EmailAddress;
use infrastructure::mail::NewMail;
use projections::user_directory::by_id;

use crate::desk::Desk;
use crate::letters;
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

    /// Tells `user` that their password is another one. If that cannot be done it is noted, and stays changed.
    pub(crate) async fn tell_of_password(&self, user: UserId) {
        if let Err(problem) = self.write_of_password(user).await {
            tracing::warn!(code = problem.code(), "Somebody was not told that their password is another one");
        }
    }

    async fn write_of_password(&self, user: UserId) -> Answer<()> {
        let Some(shown) = by_id(self.pool(), user).await? else { return Ok(()) };
        let Ok(address) = EmailAddress::parse(&shown.email) else { return Ok(()) };
        let letter = letters::password_changed(&shown.username);
        self.mail(NewMail::new(Some(user), address, letter)).await
    }
}

/// Whether there can be somebody behind the address.
pub(crate) fn is_reachable(address: &EmailAddress) -> bool {
    !NOWHERE.iter().any(|domain| address.as_str().ends_with(domain))
}
