//! The account: what it remembers, and what it answers.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::availability::{Availability, Capacity};
use super::place::Place;
use super::profile::Profile;
use super::sign_in::SignIn;
use super::token::{ApiToken, Issues};
use super::told::Told;
use super::values::{EmailAddress, ErasureReason, PasswordChange, Username};
use super::{Changes, Decision, UserCommand, UserError, UserEvent};
use crate::access::{Caller, Department, Role};
use crate::id::UserId;
use crate::sealed::Sealed;

/// An account, as far as its decisions need to remember it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that can be so without the others")]
pub(super) struct Account {
    pub(super) id: UserId,
    pub(super) username: Sealed,
    pub(super) email: Sealed,
    pub(super) role: Role,
    pub(super) departments: Vec<Department>,
    pub(super) is_active: bool,
    pub(super) is_deleted: bool,
    pub(super) is_erased: bool,
    pub(super) is_service: bool,
    pub(super) tokens: Issues,
    pub(super) availability: Availability,
    pub(super) sign_in: SignIn,
    pub(super) place: Place,
    profile: Profile,
    pub(super) told: Told,
}

/// The first events of an account.
pub(super) fn create(
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

impl Account {
    /// The state after its first event; none for any other event.
    pub(super) fn created(event: UserEvent) -> Option<Self> {
        let UserEvent::UserCreated { username, email, role, departments } = event else { return None };
        Some(Self {
            id: username.subject(),
            username,
            email,
            role,
            departments,
            is_active: true,
            is_deleted: false,
            is_erased: false,
            is_service: false,
            tokens: Issues::default(),
            availability: Availability::default(),
            sign_in: SignIn::default(),
            place: Place::default(),
            profile: Profile::default(),
            told: Told::default(),
        })
    }

    /// Whether it is an administrator's who can sign in.
    pub(super) fn is_acting_admin(&self) -> bool {
        self.role == Role::Admin && self.is_active && !self.is_service
    }

    /// The time zone that they chose, if they did.
    pub(super) fn profile_zone(&self) -> Option<Tz> {
        self.profile.zone()
    }

    pub(super) fn decide(&self, by: &Caller, at: DateTime<Utc>, command: UserCommand) -> Decision {
        use UserCommand as C;
        match command {
            C::Erase { reason, another_admin } => self.erase(reason, another_admin),
            _ if self.is_erased => Err(UserError::Erased),
            C::Create { .. } | C::SignUp { .. } => Err(UserError::AlreadyExists),
            C::Delete if self.is_deleted => Ok(vec![]),
            _ if self.is_deleted => Err(UserError::Deleted),
            C::Deactivate | C::Delete if by.is(self.id) => Err(UserError::OnOneself),
            C::Delete => Ok(vec![UserEvent::UserDeleted {}]),
            C::Deactivate if !self.is_active => Ok(vec![]),
            C::Deactivate => Ok(vec![UserEvent::UserDeactivated {}]),
            C::Activate if self.is_active => Ok(vec![]),
            C::Activate => Ok(vec![UserEvent::UserActivated {}]),
            C::DeclareServiceAccount if self.is_service => Ok(vec![]),
            C::DeclareServiceAccount => Ok(vec![UserEvent::ServiceAccountDeclared {}]),
            C::IssueToken(token) => self.issue_token(by, at, token),
            C::RevokeToken(id) => self.revoke_token(by, id),
            C::ChangePassword { how } => Ok(vec![UserEvent::PasswordChanged { how }]),
            C::ChangeRole { role, departments } => self.change_role(by, role, departments),
            C::Edit(changes) => self.edit(by, *changes),
            C::SetProfile(changes) => Ok(self.profile.change(self.id, *changes)),
            C::SetNotifications(preferences) => Ok(self.told.change(*preferences)),
            C::Mute { ticket, is_muted } => self.told.mute(ticket, is_muted),
            C::SetAvailability { is_available, capacity } => {
                self.set_availability(self.role, is_available, capacity)
            }
            C::LinkIdentity { .. }
            | C::UnlinkIdentity { .. }
            | C::EnableTwoFactor
            | C::DisableTwoFactor
            | C::MakeRecoveryCodes
            | C::UseRecoveryCode => self.sign_in.decide(self.id, by, command),
        }
    }

    fn erase(&self, reason: ErasureReason, another_admin: bool) -> Decision {
        if self.is_erased {
            return Ok(vec![]);
        }
        if self.is_acting_admin() && !another_admin {
            return Err(UserError::LastAdmin);
        }
        Ok(vec![UserEvent::UserErased { reason }])
    }

    /// Everything that `changes` lead to, in one piece.
    fn edit(&self, by: &Caller, changes: Changes) -> Decision {
        let Changes { username, email, role, departments, capacity, place, new_password } = changes;
        let mut events = Vec::new();
        let username = username.map(|name| Sealed::new(self.id, name.as_str()));
        if let Some(username) = username.filter(|name| *name != self.username) {
            events.push(UserEvent::UserRenamed { username });
        }
        let email = email.map(|address| Sealed::new(self.id, address.as_str()));
        if let Some(email) = email.filter(|address| *address != self.email) {
            events.push(UserEvent::EmailChanged { email });
        }
        let next_role = role.unwrap_or(self.role);
        if role.is_some() || departments.is_some() {
            // Whoever stays what they are keeps their departments unless others are given.
            let kept = if next_role == self.role { self.departments.clone() } else { Vec::new() };
            events.extend(self.change_role(by, next_role, departments.unwrap_or(kept))?);
        }
        if capacity.is_some() {
            events.extend(self.set_availability(next_role, None, capacity)?);
        }
        events.extend(self.place.change(place));
        if new_password {
            events.push(UserEvent::PasswordChanged { how: PasswordChange::Admin });
        }
        Ok(events)
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

    fn set_availability(
        &self,
        role: Role,
        is_available: Option<bool>,
        capacity: Option<Capacity>,
    ) -> Decision {
        if self.is_service || !role.works_on_tickets() {
            return Err(UserError::NotAnAgent);
        }
        let Availability { is_available: now, capacity: at_a_time } = self.availability;
        Ok(self.availability.change(Availability {
            is_available: is_available.unwrap_or(now),
            capacity: capacity.unwrap_or(at_a_time),
        }))
    }

    /// Takes over what happened.
    pub(super) fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::UserCreated { .. } | UserEvent::PasswordChanged { .. } => {}
            UserEvent::RoleChanged { role, departments } => {
                self.role = role;
                self.departments = departments;
            }
            UserEvent::UserRenamed { username } => self.username = username,
            UserEvent::EmailChanged { email } => self.email = email,
            UserEvent::ProfileChanged { locale, timezone, signature } => {
                self.profile = Profile { locale, timezone, signature };
            }
            UserEvent::AvailabilityChanged { is_available, capacity } => {
                let capacity = Capacity::parse(capacity).unwrap_or(Capacity::DEFAULT);
                self.availability = Availability { is_available, capacity };
            }
            UserEvent::UserPlaced { building, organization } => {
                self.place = Place { building, organization };
            }
            UserEvent::UserDeactivated {} => self.close(),
            UserEvent::UserActivated {} => self.is_active = true,
            UserEvent::ServiceAccountDeclared {} => self.is_service = true,
            UserEvent::ApiTokenIssued { token_id: id, scopes, expires_at, max_requests } => {
                self.tokens.add(ApiToken { id, scopes, expires_at, max_requests });
            }
            UserEvent::ApiTokenRevoked { token_id } => self.tokens.revoke(token_id),
            UserEvent::UserDeleted {} => {
                self.close();
                self.is_deleted = true;
            }
            UserEvent::UserErased { .. } => {
                self.close();
                self.is_erased = true;
            }
            UserEvent::IdentityLinked { .. }
            | UserEvent::IdentityUnlinked { .. }
            | UserEvent::TwoFactorEnabled {}
            | UserEvent::TwoFactorDisabled {}
            | UserEvent::RecoveryCodesMade {}
            | UserEvent::RecoveryCodeUsed {} => self.sign_in.apply(event),
            UserEvent::NotificationPreferencesChanged { .. }
            | UserEvent::TicketMuted { .. }
            | UserEvent::TicketUnmuted { .. } => self.told.apply(event),
        }
    }

    /// Nobody and nothing comes in with it any more; no token comes back when it is opened again.
    fn close(&mut self) {
        self.is_active = false;
        self.tokens.revoke_all();
    }
}
