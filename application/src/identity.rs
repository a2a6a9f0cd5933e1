//! Identities at providers: an account may be linked to one at each, and an identity to one account.

use domain::access::Role;
use domain::event::Event;
use domain::id::UserId;
use domain::user::values::{EmailAddress, Identity, Username};
use domain::user::{Changes, PlaceChanges, UserCommand, UserEvent};
use uuid::Uuid;

use crate::ledger::{Append, Claim, ClaimKind};
use crate::{Commands, Done, Error, Request};

/// An account for somebody whom a provider vouches for.
#[derive(Debug, Clone)]
pub struct NewIdentity {
    /// Their identity on the desk.
    pub id: UserId,
    /// The name they sign in with.
    pub username: Username,
    /// Their address.
    pub email: EmailAddress,
    /// What they may do: a role whose departments follow from it.
    pub role: Role,
    /// The provider, as the desk's configuration names it.
    pub provider: String,
    /// Who they are there.
    pub identity: Identity,
}

impl Commands {
    /// Creates an account that is linked to an identity, under a name and an address that nobody else has; in the
    /// organization that has the domain of the address.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn sign_up(&self, request: &Request, new: NewIdentity) -> Result<Done, Error> {
        let stream = new.id.0;
        let claims = &[
            Claim { kind: ClaimKind::Username, value: new.username.as_str().to_owned(), holder: stream },
            Claim { kind: ClaimKind::Email, value: new.email.as_str().to_owned(), holder: stream },
            claim(new.identity.as_str(), stream),
        ];
        let organization = self.organization_for(new.role, &new.email).await?;
        let place = PlaceChanges { organization, ..PlaceChanges::default() };
        let belong = &UserCommand::Edit(Box::new(Changes { place, ..Changes::default() }));
        let NewIdentity { id, username, email, role, provider, identity } = new;
        let sign_up = &UserCommand::SignUp { id, username, email, role, provider, identity };
        self.settle(request, |fresh| {
            Box::pin(async move {
                let user = self.users.load(stream, fresh).await?;
                let mut created = user.decide(stream, request.issue(sign_up.clone()))?;
                let account = user.after(&created.events);
                created.events.extend(account.decide(stream, request.issue(belong.clone()))?.events);
                self.check_departments(&created).await?;
                Ok(Append { claims: claims.to_vec(), ..request.append(vec![created]) })
            })
        })
        .await
    }

    /// Links an account to an identity that no other account is linked to.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn link_identity(
        &self,
        request: &Request,
        id: UserId,
        provider: &str,
        identity: &Identity,
    ) -> Result<Done, Error> {
        let link = &UserCommand::LinkIdentity { provider: provider.to_owned(), identity: identity.clone() };
        let claims = &[claim(identity.as_str(), id.0)];
        self.settle(request, |fresh| {
            Box::pin(async move {
                let user = self.users.load(id.0, fresh).await?;
                let linked = user.decide(id.0, request.issue(link.clone()))?;
                Ok(Append { claims: claims.to_vec(), ..request.append(vec![linked]) })
            })
        })
        .await
    }

    /// Removes an account's link to its identity at `provider`, which may be linked to another account then.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn unlink_identity(
        &self,
        request: &Request,
        id: UserId,
        provider: &str,
    ) -> Result<Done, Error> {
        let unlink = &UserCommand::UnlinkIdentity { provider: provider.to_owned() };
        self.settle(request, |fresh| {
            Box::pin(async move {
                let user = self.users.load(id.0, fresh).await?;
                let unlinked = user.decide(id.0, request.issue(unlink.clone()))?;
                let releases =
                    if unlinked.events.is_empty() { vec![] } else { self.linked_at(id, provider).await? };
                Ok(Append { releases, ..request.append(vec![unlinked]) })
            })
        })
        .await
    }

    /// Everything that an account ever claimed for identities: what it does not hold any more is not released.
    pub(crate) async fn identities_of(&self, id: UserId) -> Result<Vec<Claim>, Error> {
        let events = self.ledger.read_streams(&[(id.0, 0)]).await?;
        let linked = events.iter().filter_map(|recorded| match &recorded.event {
            Event::User(UserEvent::IdentityLinked { identity, .. }) => identity.text(),
            _ => None,
        });
        Ok(linked.map(|identity| claim(identity, id.0)).collect())
    }

    /// What an account claims for the identity it is linked to at `provider`, if it is to one.
    async fn linked_at(&self, id: UserId, provider: &str) -> Result<Vec<Claim>, Error> {
        let events = self.ledger.read_streams(&[(id.0, 0)]).await?;
        let newest = events.iter().rev().find_map(|recorded| match &recorded.event {
            Event::User(UserEvent::IdentityLinked { provider: at, identity }) if at == provider => {
                identity.text()
            }
            _ => None,
        });
        Ok(newest.map(|identity| claim(identity, id.0)).into_iter().collect())
    }
}

fn claim(identity: &str, holder: Uuid) -> Claim {
    Claim { kind: ClaimKind::Identity, value: identity.to_owned(), holder }
}
