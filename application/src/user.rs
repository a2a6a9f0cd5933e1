//! Accounts.

use std::sync::Arc;

use domain::access::{Department, Role};
use domain::event::{Event, StreamType};
use domain::id::UserId;
use domain::user::values::{EmailAddress, ErasureReason, Username};
use domain::user::{User, UserCommand, UserEvent};
use uuid::Uuid;

use crate::identity;
use crate::ledger::{Append, Claim, ClaimKind, StreamAppend};
use crate::{Commands, Done, Error, Loaded, Request};

/// An account to be created.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Their identity, unless the same request created them before.
    pub id: UserId,
    /// The name they sign in with.
    pub username: Username,
    /// Their address.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// The departments they work for.
    pub departments: Vec<Department>,
}

impl Commands {
    /// Creates an account under a name and an address that nobody else has.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn create_user(&self, request: &Request, new: NewUser) -> Result<(UserId, Done), Error> {
        self.create_account(request, new, false).await
    }

    /// Creates an account for a program: nobody signs in with it, its API tokens do.
    ///
    /// # Errors
    /// As of [`Commands::create_user`].
    pub async fn create_service_account(
        &self,
        request: &Request,
        new: NewUser,
    ) -> Result<(UserId, Done), Error> {
        self.create_account(request, new, true).await
    }

    async fn create_account(
        &self,
        request: &Request,
        new: NewUser,
        is_service: bool,
    ) -> Result<(UserId, Done), Error> {
        let stream = new.id.0;
        let claim = |kind, value: &str| Claim { kind, value: value.to_owned(), holder: stream };
        let claims =
            &[claim(ClaimKind::Username, new.username.as_str()), claim(ClaimKind::Email, new.email.as_str())];
        let create = &UserCommand::Create {
            id: new.id,
            username: new.username.clone(),
            email: new.email.clone(),
            role: new.role,
            departments: new.departments,
        };
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let user = self.users.load(stream, fresh).await?;
                    let mut created = user.decide(stream, request.issue(create.clone()))?;
                    if is_service {
                        created.events.push(Event::User(UserEvent::ServiceAccountDeclared {}));
                    }
                    self.check_departments(&created).await?;
                    Ok(Append { claims: claims.to_vec(), ..request.append(vec![created]) })
                })
            })
            .await?;
        match done {
            Done::Changed(appended) if appended.repeated => {
                let first = self.ledger.read_range(appended.first, appended.first).await?;
                Ok((first.first().map_or(new.id, |recorded| UserId(recorded.stream)), done))
            }
            _ => Ok((new.id, done)),
        }
    }

    /// Does one thing to one account.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn user(&self, request: &Request, id: UserId, command: UserCommand) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let user = self.users.load(id.0, fresh).await?;
                request.insist_on(&user)?;
                let changed = user.decide(id.0, request.issue(command.clone()))?;
                self.check_departments(&changed).await?;
                Ok(request.append(vec![changed]))
            })
        })
        .await
    }

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
        let is_admin = user.state.role() == Some(Role::Admin) && user.state.is_active();
        let witness = if is_admin { self.another_admin(id, admins).await? } else { None };
        let erase = UserCommand::Erase { reason, another_admin: witness.is_some() };
        let erased = user.decide(id.0, request.issue(erase))?;
        if erased.events.is_empty() {
            return Ok(request.append(vec![erased]));
        }
        let releases = self.claims_of(id).await?;
        let streams = std::iter::once(erased).chain(witness).collect();
        Ok(Append { releases, ..request.append(streams) })
    }

    /// The first of `admins` besides `id` who is an administrator that can sign in: as a stream whose version the
    /// append insists on.
    async fn another_admin(&self, id: UserId, admins: &[UserId]) -> Result<Option<StreamAppend>, Error> {
        for other in admins.iter().filter(|other| **other != id) {
            let user = self.users.load(other.0, true).await?;
            if user.state.role() == Some(Role::Admin) && user.state.is_active() {
                return Ok(Some(StreamAppend {
                    stream: other.0,
                    stream_type: StreamType::User,
                    expected: user.version,
                    events: Vec::new(),
                }));
            }
        }
        Ok(None)
    }

    /// The unique values that an account holds.
    async fn claims_of(&self, id: UserId) -> Result<Vec<Claim>, Error> {
        let claim = |kind, value: &str, holder: Uuid| Claim { kind, value: value.to_owned(), holder };
        let events = self.ledger.read_streams(&[(id.0, 0)]).await?;
        let held = events.iter().flat_map(|recorded| match &recorded.event {
            Event::User(UserEvent::UserCreated { username, email, .. }) => vec![
                username.text().map(|name| claim(ClaimKind::Username, name, id.0)),
                email.text().map(|address| claim(ClaimKind::Email, address, id.0)),
            ],
            // An identity may be somebody else's by now: what this account does not hold is not released.
            Event::User(UserEvent::IdentityLinked { identity, .. }) => {
                vec![identity.text().map(|text| identity::claim(text, id.0))]
            }
            _ => vec![],
        });
        Ok(held.flatten().collect())
    }

    /// An account as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_user(&self, id: UserId) -> Result<Arc<Loaded<User>>, Error> {
        self.users.load(id.0, true).await
    }
}
