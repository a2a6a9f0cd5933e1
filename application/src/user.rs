//! Accounts.

use std::sync::Arc;

use domain::access::{Department, Role};
use domain::id::UserId;
use domain::user::values::{EmailAddress, Username};
use domain::user::{User, UserCommand};

use crate::ledger::{Append, Claim, ClaimKind};
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
                    let created = user.decide(stream, request.issue(create.clone()))?;
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
                Ok(request.append(vec![user.decide(id.0, request.issue(command.clone()))?]))
            })
        })
        .await
    }

    /// An account as the log has it now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn load_user(&self, id: UserId) -> Result<Arc<Loaded<User>>, Error> {
        self.users.load(id.0, true).await
    }
}
