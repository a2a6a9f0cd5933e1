//! The people that the tests speak of, and what is asked about them.

use chrono::{DateTime, TimeDelta};
use cqrs_es::test::{AggregateResultValidator, TestFramework};
use uuid::Uuid;

use crate::Issued;
use crate::access::{Caller, Department, Reach, Role};
use crate::change::Change;
use crate::id::UserId;
use crate::scope::Scope;
use crate::sealed::Sealed;
use crate::user::token::ApiToken;
use crate::user::values::{EmailAddress, ErasureReason, Username};
use crate::user::{Capacity, Changes, ProfileChanges, Signature, User, UserCommand, UserEvent};

pub(in crate::user) const ADA: UserId = UserId(Uuid::from_u128(1));
pub(in crate::user) const ROOT: UserId = UserId(Uuid::from_u128(2));
pub(in crate::user) const SYSTEM: Caller = Caller::System("test");

pub(in crate::user) fn person(id: UserId, role: Role) -> Caller {
    Caller::Person { id, role, departments: vec![], reach: Reach::default() }
}

/// An administrator.
pub(in crate::user) fn root() -> Caller {
    person(ROOT, Role::Admin)
}

pub(in crate::user) fn depts(codes: &[&str]) -> Vec<Department> {
    codes.iter().map(|code| code.parse().expect("a code")).collect()
}

/// Gives Ada an account.
pub(in crate::user) fn create(role: Role, departments: &[&str]) -> UserCommand {
    UserCommand::Create {
        id: ADA,
        username: Username::parse("ada").expect("a name"),
        email: EmailAddress::parse("ada@example.com").expect("an address"),
        role,
        departments: depts(departments),
    }
}

pub(in crate::user) fn created(role: Role, departments: &[&str]) -> UserEvent {
    UserEvent::UserCreated {
        username: Sealed::new(ADA, "ada"),
        email: Sealed::new(ADA, "ada@example.com"),
        role,
        departments: depts(departments),
    }
}

pub(in crate::user) fn become_a(role: Role, departments: &[&str]) -> UserCommand {
    UserCommand::ChangeRole { role, departments: depts(departments) }
}

/// Erases Ada while there is another administrator.
pub(in crate::user) fn erase() -> UserCommand {
    UserCommand::Erase { reason: ErasureReason::RequestOfPerson, another_admin: true }
}

pub(in crate::user) fn erased() -> UserEvent {
    UserEvent::UserErased { reason: ErasureReason::RequestOfPerson }
}

pub(in crate::user) fn became(role: Role, departments: &[&str]) -> UserEvent {
    UserEvent::RoleChanged { role, departments: depts(departments) }
}

/// A token good for `days`, for `scopes`.
pub(in crate::user) fn token(id: u128, scopes: &[Scope], days: i64) -> ApiToken {
    ApiToken {
        id: Uuid::from_u128(id),
        scopes: scopes.to_vec(),
        expires_at: DateTime::UNIX_EPOCH + TimeDelta::days(days),
        max_requests: None,
    }
}

pub(in crate::user) fn issued(by: Caller, command: UserCommand) -> Issued<UserCommand> {
    Issued::new(by, DateTime::UNIX_EPOCH, command)
}

pub(in crate::user) fn when(
    given: Vec<UserEvent>,
    by: Caller,
    command: UserCommand,
) -> AggregateResultValidator<User> {
    TestFramework::with(()).given(given).when(issued(by, command))
}

/// Changes what is given about Ada; the third of her names is the one she has.
pub(in crate::user) fn edit(
    role: Option<Role>,
    departments: Option<Vec<&str>>,
    capacity: Option<u16>,
    name: Option<u8>,
) -> UserCommand {
    let name = name.map(|n| ["ada.l", "countess", "ada"][usize::from(n)]);
    UserCommand::Edit(Box::new(Changes {
        username: name.map(|name| Username::parse(name).expect("a name")),
        email: name.map(|name| EmailAddress::parse(&format!("{name}@example.com")).expect("an address")),
        role,
        departments: departments.map(|codes| depts(&codes)),
        capacity: capacity.map(|capacity| Capacity::parse(capacity).expect("a capacity")),
        ..Changes::default()
    }))
}

/// Lets Ada sign her messages so, or with none not at all.
pub(in crate::user) fn signed_as(text: Option<&str>) -> UserCommand {
    let signature =
        text.map_or(Change::Clear, |text| Change::Set(Signature::parse(text).expect("a signature")));
    UserCommand::SetProfile(Box::new(ProfileChanges { signature, ..ProfileChanges::default() }))
}

pub(in crate::user) fn availability(is_available: Option<bool>, capacity: Option<u16>) -> UserCommand {
    let capacity = capacity.map(|capacity| Capacity::parse(capacity).expect("a capacity"));
    UserCommand::SetAvailability { is_available, capacity }
}
