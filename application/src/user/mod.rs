//! Accounts.

mod erase;

use std::sync::Arc;

use domain::access::{Department, Role};
use domain::catalogue::values::EntryKind;
use domain::change::Change;
use domain::event::{Event, StoredEvent as _};
use domain::id::{EntryId, UserId};
use domain::user::values::{EmailAddress, Username};
use domain::user::{Changes, User, UserCommand, UserError, UserEvent};

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
        self.create_user_with(request, new, Changes::default()).await
    }

    /// Creates an account as [`Commands::create_user`] does, and says more about it in the same append. A requester
    /// belongs to the organization that has the domain of their address, unless another is given or none.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn create_user_with(
        &self,
        request: &Request,
        new: NewUser,
        mut more: Changes,
    ) -> Result<(UserId, Done), Error> {
        if !more.place.organization.is_given() {
            more.place.organization = self.organization_for(new.role, &new.email).await?;
        }
        self.create_account(request, new, vec![UserCommand::Edit(Box::new(more))]).await
    }

    /// Creates an account for a program: nobody signs in with it, its API tokens do.
    ///
    /// # Errors
    /// As of [`Commands::create_user_with`].
    pub async fn create_service_account(
        &self,
        request: &Request,
        new: NewUser,
        more: Changes,
    ) -> Result<(UserId, Done), Error> {
        let more = UserCommand::Edit(Box::new(more));
        self.create_account(request, new, vec![UserCommand::DeclareServiceAccount, more]).await
    }

    async fn create_account(
        &self,
        request: &Request,
        new: NewUser,
        more: Vec<UserCommand>,
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
        let more = &more;
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let user = self.users.load(stream, fresh).await?;
                    let mut created = user.decide(stream, request.issue(create.clone()))?;
                    for command in more {
                        self.check_place(command).await?;
                        let account = user.after(&created.events);
                        created.events.extend(account.decide(stream, request.issue(command.clone()))?.events);
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

    /// Does one thing to one account. A new name or address is claimed with it, and the former one is free.
    ///
    /// When a person takes an administrator away, the append insists that they are still one themselves: of two who
    /// deactivate each other at once, one stays.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn user(&self, request: &Request, id: UserId, command: UserCommand) -> Result<Done, Error> {
        let (command, caller) = (&command, request.by.person());
        let admins = caller.as_ref().map(std::slice::from_ref);
        self.settle(request, |fresh| Box::pin(self.prepare_user(request, id, command, admins, fresh))).await
    }

    /// The same, for the desk itself: of what takes an administrator away the append insists that one of `admins`,
    /// accounts that may be administrators, stays.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn user_among(
        &self,
        request: &Request,
        id: UserId,
        command: UserCommand,
        admins: &[UserId],
    ) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| Box::pin(self.prepare_user(request, id, command, Some(admins), fresh)))
            .await
    }

    async fn prepare_user(
        &self,
        request: &Request,
        id: UserId,
        command: &UserCommand,
        admins: Option<&[UserId]>,
        fresh: bool,
    ) -> Result<Append, Error> {
        let user = self.users.load(id.0, fresh).await?;
        request.insist_on(&user)?;
        let changed = user.decide(id.0, request.issue(command.clone()))?;
        self.check_departments(&changed).await?;
        self.check_place(command).await?;
        let (claims, releases) = unique_values(id, &user.state, &changed.events);
        let mut streams = vec![changed];
        let loses_an_admin = !streams[0].events.is_empty() && user.state.loses_an_admin_by(command);
        if let Some(admins) = admins.filter(|_| loses_an_admin) {
            let witness = self.another_admin(id, admins).await?;
            streams.push(witness.ok_or_else(|| Error::refused(UserError::LastAdmin))?);
        }
        Ok(Append { claims, releases, ..request.append(streams) })
    }

    /// Refuses to put somebody where there is nothing.
    async fn check_place(&self, command: &UserCommand) -> Result<(), Error> {
        let UserCommand::Edit(changes) = command else { return Ok(()) };
        let place = changes.place;
        for (kind, change) in
            [(EntryKind::Building, place.building), (EntryKind::Organization, place.organization)]
        {
            if let Change::Set(id) = change
                && self.choosable(kind, id).await?.is_none()
            {
                return Err(Error::refused(UserError::NoSuchEntry(kind)));
            }
        }
        Ok(())
    }

    /// The organization that somebody new of this role and address belongs to, if nobody says so.
    pub(crate) async fn organization_for(
        &self,
        role: Role,
        email: &EmailAddress,
    ) -> Result<Change<EntryId>, Error> {
        if role != Role::User {
            return Ok(Change::Keep);
        }
        Ok(self.organization_of(email).await?.map_or(Change::Keep, Change::Set))
    }

    /// The first of `admins` besides `id` who is an administrator that can sign in: as a stream whose version the
    /// append insists on.
    async fn another_admin(&self, id: UserId, admins: &[UserId]) -> Result<Option<StreamAppend>, Error> {
        for other in admins.iter().filter(|other| **other != id) {
            let user = self.users.load(other.0, true).await?;
            if user.state.is_acting_admin() {
                return Ok(Some(user.witness(other.0)));
            }
        }
        Ok(None)
    }

    /// Who has this name.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn user_named(&self, name: &Username) -> Result<Option<UserId>, Error> {
        Ok(self.ledger.holder_of(ClaimKind::Username, name.as_str()).await?.map(UserId))
    }

    /// An account as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_user(&self, id: UserId) -> Result<Arc<Loaded<User>>, Error> {
        self.users.load(id.0, true).await
    }

    /// Several accounts as the log has them now, in the order of `ids`.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_users(&self, ids: &[UserId]) -> Result<Vec<(UserId, Arc<Loaded<User>>)>, Error> {
        let streams: Vec<_> = ids.iter().map(|id| id.0).collect();
        let loaded = self.users.load_all(&streams, true).await?;
        Ok(loaded.into_iter().map(|(stream, user)| (UserId(stream), user)).collect())
    }
}

/// The unique values that an account takes and gives back by `events`, `user` being how it was before.
fn unique_values(id: UserId, user: &User, events: &[Event]) -> (Vec<Claim>, Vec<Claim>) {
    let claim =
        |kind, text: Option<&str>| text.map(|value| Claim { kind, value: value.to_owned(), holder: id.0 });
    let username = || claim(ClaimKind::Username, user.username().and_then(|name| name.text()));
    let email = || claim(ClaimKind::Email, user.email().and_then(|address| address.text()));
    let (mut claims, mut releases) = (Vec::new(), Vec::new());
    for event in events.iter().filter_map(UserEvent::from_event) {
        match event {
            UserEvent::UserRenamed { username: new } => {
                claims.extend(claim(ClaimKind::Username, new.text()));
                releases.extend(username());
            }
            UserEvent::EmailChanged { email: new } => {
                claims.extend(claim(ClaimKind::Email, new.text()));
                releases.extend(email());
            }
            UserEvent::UserErased { .. } => releases.extend([username(), email()].into_iter().flatten()),
            _ => {}
        }
    }
    (claims, releases)
}
