//! The user: who may sign in, and as what.

mod command;
mod error;
mod event;
mod sign_in;
#[cfg(test)]
mod tests;
pub mod token;
#[cfg(test)]
mod token_tests;
pub mod values;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use command::UserCommand;
pub use error::UserError;
pub use event::UserEvent;
use sign_in::SignIn;
use token::{ApiToken, Issues};
use values::{EmailAddress, ErasureReason, Username};

use crate::access::{Caller, Department, Reach, Role};
use crate::id::UserId;
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A user's account, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct User {
    account: Option<Account>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Account {
    id: UserId,
    role: Role,
    departments: Vec<Department>,
    is_active: bool,
    #[serde(default)]
    is_erased: bool,
    #[serde(default)]
    is_service: bool,
    #[serde(default)]
    tokens: Issues,
    #[serde(default)]
    sign_in: SignIn,
}

type Decision = Result<Vec<UserEvent>, UserError>;

impl User {
    /// Whether the account was ever created.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.account.is_some()
    }

    /// Whether they may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_active)
    }

    /// Whether it is a program's, which signs in with no password.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_service)
    }

    /// Whether a person may sign in with it.
    #[must_use]
    pub fn may_sign_in(&self) -> bool {
        self.is_active() && !self.is_service()
    }

    /// Their API tokens that are good at `now`.
    pub fn tokens(&self, now: DateTime<Utc>) -> impl Iterator<Item = &ApiToken> {
        let active = self.account.iter().filter(|account| account.is_active);
        active.flat_map(move |account| account.tokens.good(now))
    }

    /// Their API token `id` with the scopes that count, if it is good at `now`.
    #[must_use]
    pub fn token(&self, id: Uuid, now: DateTime<Utc>) -> Option<ApiToken> {
        self.account.as_ref().and_then(|account| account.good_token(id, now))
    }

    /// Whether the person was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_erased)
    }

    /// Whether a second factor is asked for besides the password.
    #[must_use]
    pub fn has_two_factor(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.sign_in.has_two_factor())
    }

    /// The providers where they are linked to an identity.
    #[must_use]
    pub fn providers(&self) -> &[String] {
        self.account.as_ref().map_or(&[], |account| account.sign_in.providers())
    }

    /// What they may do; none without an account.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.account.as_ref().map(|account| account.role)
    }

    /// Its owner as whoever issues commands; none without an account.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        let Account { id, role, departments, .. } = self.account.as_ref()?;
        Some(Caller::Person {
            id: *id,
            role: *role,
            departments: departments.clone(),
            reach: Reach::default(),
        })
    }

    /// The departments they work for.
    #[must_use]
    pub fn departments(&self) -> &[Department] {
        self.account.as_ref().map_or(&[], |account| &account.departments)
    }
}

impl Account {
    fn decide(&self, by: &Caller, at: DateTime<Utc>, command: UserCommand) -> Decision {
        match command {
            UserCommand::Erase { reason, another_admin } => self.erase(reason, another_admin),
            _ if self.is_erased => Err(UserError::Erased),
            UserCommand::Create { .. } | UserCommand::SignUp { .. } => Err(UserError::AlreadyExists),
            UserCommand::DeclareServiceAccount if self.is_service => Ok(vec![]),
            UserCommand::DeclareServiceAccount => Ok(vec![UserEvent::ServiceAccountDeclared {}]),
            UserCommand::IssueToken(token) => self.issue_token(by, at, token),
            UserCommand::RevokeToken(id) => self.revoke_token(by, id),
            UserCommand::ChangeRole { role, departments } => self.change_role(by, role, departments),
            UserCommand::Deactivate if !self.is_active => Ok(vec![]),
            UserCommand::Deactivate if by.is(self.id) => Err(UserError::OnOneself),
            UserCommand::Deactivate => Ok(vec![UserEvent::UserDeactivated {}]),
            UserCommand::Activate if self.is_active => Ok(vec![]),
            UserCommand::Activate => Ok(vec![UserEvent::UserActivated {}]),
            UserCommand::ChangePassword { how } => Ok(vec![UserEvent::PasswordChanged { how }]),
            UserCommand::LinkIdentity { .. }
            | UserCommand::UnlinkIdentity { .. }
            | UserCommand::EnableTwoFactor
            | UserCommand::DisableTwoFactor
            | UserCommand::MakeRecoveryCodes
            | UserCommand::UseRecoveryCode => self.sign_in.decide(self.id, by, command),
        }
    }

    fn erase(&self, reason: ErasureReason, another_admin: bool) -> Decision {
        if self.is_erased {
            return Ok(vec![]);
        }
        if self.role == Role::Admin && self.is_active && !another_admin {
            return Err(UserError::LastAdmin);
        }
        Ok(vec![UserEvent::UserErased { reason }])
    }

    fn change_role(&self, by: &Caller, role: Role, departments: Vec<Department>) -> Decision {
        let departments = departments_of(role, departments)?;
        if role == self.role && departments == self.departments {
            return Ok(vec![]);
        }
        if by.is(self.id) && role != Role::Admin {
            return Err(UserError::OnOneself);
        }
        Ok(vec![UserEvent::RoleChanged { role, departments }])
    }

    fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::UserCreated { .. } | UserEvent::PasswordChanged { .. } => {}
            UserEvent::RoleChanged { role, departments } => {
                self.role = role;
                self.departments = departments;
            }
            UserEvent::UserDeactivated {} => {
                self.is_active = false;
                self.tokens.revoke_all();
            }
            UserEvent::UserActivated {} => self.is_active = true,
            UserEvent::ServiceAccountDeclared {} => self.is_service = true,
            UserEvent::ApiTokenIssued { token_id: id, scopes, expires_at, max_requests } => {
                self.tokens.add(ApiToken { id, scopes, expires_at, max_requests });
            }
            UserEvent::ApiTokenRevoked { token_id } => self.tokens.revoke(token_id),
            UserEvent::UserErased { .. } => {
                self.is_active = false;
                self.tokens.revoke_all();
                self.is_erased = true;
            }
            UserEvent::IdentityLinked { .. }
            | UserEvent::IdentityUnlinked { .. }
            | UserEvent::TwoFactorEnabled {}
            | UserEvent::TwoFactorDisabled {}
            | UserEvent::RecoveryCodesMade {}
            | UserEvent::RecoveryCodeUsed {} => self.sign_in.apply(event),
        }
    }
}

fn create(
    id: UserId,
    username: &Username,
    email: &EmailAddress,
    role: Role,
    departments: Vec<Department>,
) -> Decision {
    Ok(vec![UserEvent::UserCreated {
        username: Sealed::new(id, username.as_str()),
        email: Sealed::new(id, email.as_str()),
        role,
        departments: departments_of(role, departments)?,
    }])
}

/// The departments that somebody of this role works for when `given` were asked for.
fn departments_of(role: Role, mut given: Vec<Department>) -> Result<Vec<Department>, UserError> {
    given.sort();
    given.dedup();
    let of_role = |code: &str| {
        let own = vec![code.parse().expect("the codes of the roles are departments")];
        if given.is_empty() || given == own { Ok(own) } else { Err(UserError::OtherDepartments) }
    };
    match role {
        Role::User | Role::Admin => Ok(vec![]),
        Role::ItAgent => of_role("IT"),
        Role::HrAgent => of_role("HR"),
        Role::Agent if given.is_empty() => Err(UserError::NoDepartments),
        Role::Agent => Ok(given),
    }
}

impl Decide for User {
    fn decide(&self, issued: Issued<UserCommand>) -> Decision {
        let Issued { by, at, command, .. } = issued;
        let theirs = matches!(
            command,
            UserCommand::Erase { .. }
                | UserCommand::IssueToken(_)
                | UserCommand::RevokeToken(_)
                | UserCommand::ChangePassword { .. }
        ) || sign_in::is_about(&command);
        let is_own = theirs && self.account.as_ref().is_some_and(|account| by.is(account.id));
        if !by.is_admin() && !is_own {
            return Err(UserError::Forbidden);
        }
        match (&self.account, command) {
            (Some(account), command) => account.decide(&by, at, command),
            (None, UserCommand::Create { id, username, email, role, departments }) => {
                create(id, &username, &email, role, departments)
            }
            (None, UserCommand::SignUp { id, username, email, role, provider, identity }) => {
                let mut events = create(id, &username, &email, role, vec![])?;
                events.push(sign_in::linked(id, provider, &identity));
                Ok(events)
            }
            (None, _) => Err(UserError::NotFound),
        }
    }
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Command = Issued<UserCommand>;
    type Event = UserEvent;
    type Error = UserError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), UserError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: UserEvent) {
        match (&mut self.account, event) {
            (Some(account), event) => account.apply(event),
            (account, UserEvent::UserCreated { username, role, departments, .. }) => {
                *account = Some(Account {
                    id: username.subject(),
                    role,
                    departments,
                    is_active: true,
                    is_erased: false,
                    is_service: false,
                    tokens: Issues::default(),
                    sign_in: SignIn::default(),
                });
            }
            (None, _) => {}
        }
    }
}
