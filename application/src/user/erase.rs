//! Erasing a person.

use domain::id::UserId;
use domain::user::UserCommand;
use domain::user::values::ErasureReason;

use super::unique_values;
use crate::ledger::Append;
use crate::{Commands, Done, Error, Request};

impl Commands {
    /// Erases a person: from then on the account is closed for good and its name and address are free again. The
    /// texts themselves are destroyed by what follows from the event.
    ///
    /// `admins` are accounts that may be administrators. If the person is one, another of them has to be, too,
    /// and the append insists on that: of two who erase each other at once, one stays.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn erase_user(
        &self,
        request: &Request,
        id: UserId,
        reason: ErasureReason,
        admins: &[UserId],
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| Box::pin(self.prepare_erasure(request, id, reason, admins, fresh))).await
    }

    /// Whether [`Commands::erase_user`] would be accepted as things are now.
    ///
    /// # Errors
    /// What it would be refused for.
    pub async fn may_erase(
        &self,
        request: &Request,
        id: UserId,
        reason: ErasureReason,
        admins: &[UserId],
    ) -> Result<(), Error> {
        self.prepare_erasure(request, id, reason, admins, true).await.map(|_| ())
    }

    async fn prepare_erasure(
        &self,
        request: &Request,
        id: UserId,
        reason: ErasureReason,
        admins: &[UserId],
        fresh: bool,
    ) -> Result<Append, Error> {
        let user = self.users.load(id.0, fresh).await?;
        request.insist_on(&user)?;
        let is_admin = user.state.is_acting_admin();
        let witness = if is_admin { self.another_admin(id, admins).await? } else { None };
        let erase = UserCommand::Erase { reason, another_admin: witness.is_some() };
        let erased = user.decide(id.0, request.issue(erase))?;
        if erased.events.is_empty() {
            return Ok(request.append(vec![erased]));
        }
        let (_, mut releases) = unique_values(id, &user.state, &erased.events);
        releases.extend(self.identities_of(id).await?);
        let streams = std::iter::once(erased).chain(witness).collect();
        Ok(Append { releases, ..request.append(streams) })
    }
}
