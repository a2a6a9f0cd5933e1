//! The user's rules, as given/when/then.

use cqrs_es::Aggregate;
use proptest::option;
use proptest::prelude::*;

use super::values::{ErasureReason, PasswordChange};
use super::{User, UserCommand, UserError, UserEvent};
use crate::Decide;
use crate::access::Role;
use crate::refusal::{Refusal, RefusalKind};
use crate::scope::Scope;
use testing::*;

mod editing;
pub(super) mod testing;

#[test]
fn only_admins_and_the_desk_itself_manage_accounts() {
    for by in [root(), SYSTEM] {
        when(vec![], by, create(Role::User, &[])).then_expect_events(vec![created(Role::User, &[])]);
    }
    for by in [person(ADA, Role::User), person(ADA, Role::ItAgent), person(ADA, Role::Agent)] {
        let commands = [
            create(Role::User, &[]),
            become_a(Role::Admin, &[]),
            UserCommand::Deactivate,
            UserCommand::Activate,
        ];
        for command in commands {
            when(vec![], by.clone(), command.clone()).then_expect_error(UserError::Forbidden);
            when(vec![created(Role::User, &[])], by.clone(), command).then_expect_error(UserError::Forbidden);
        }
    }
}

#[test]
fn an_account_is_created_once() {
    when(vec![created(Role::User, &[])], root(), create(Role::User, &[]))
        .then_expect_error(UserError::AlreadyExists);
}

#[test]
fn whoever_has_no_account_cannot_be_changed() {
    for command in [become_a(Role::Admin, &[]), UserCommand::Deactivate, UserCommand::Activate] {
        when(vec![], root(), command).then_expect_error(UserError::NotFound);
    }
}

#[test]
fn the_departments_follow_from_the_role() {
    let cases: [(Role, &[&str], &[&str]); 8] = [
        (Role::ItAgent, &[], &["IT"]),
        (Role::ItAgent, &["IT"], &["IT"]),
        (Role::HrAgent, &[], &["HR"]),
        (Role::HrAgent, &["HR", "HR"], &["HR"]),
        (Role::Agent, &["LEGAL"], &["LEGAL"]),
        (Role::Agent, &["LEGAL", "IT", "LEGAL"], &["IT", "LEGAL"]),
        (Role::User, &["IT"], &[]),
        (Role::Admin, &["IT"], &[]),
    ];
    for (role, given, kept) in cases {
        when(vec![], root(), create(role, given)).then_expect_events(vec![created(role, kept)]);
    }
}

#[test]
fn an_agent_works_for_the_departments_of_the_role_and_for_one_at_least() {
    let cases: [(Role, &[&str], UserError); 4] = [
        (Role::ItAgent, &["HR"], UserError::OtherDepartments),
        (Role::ItAgent, &["IT", "HR"], UserError::OtherDepartments),
        (Role::HrAgent, &["IT"], UserError::OtherDepartments),
        (Role::Agent, &[], UserError::NoDepartments),
    ];
    for (role, given, refusal) in cases {
        when(vec![], root(), create(role, given)).then_expect_error(refusal.clone());
        when(vec![created(Role::User, &[])], root(), become_a(role, given)).then_expect_error(refusal);
    }
}

#[test]
fn an_admin_changes_the_role_of_others() {
    let given = || vec![created(Role::User, &[])];
    when(given(), root(), become_a(Role::HrAgent, &[]))
        .then_expect_events(vec![became(Role::HrAgent, &["HR"])]);
    when(given(), SYSTEM, become_a(Role::Admin, &[])).then_expect_events(vec![became(Role::Admin, &[])]);
    let agent = || vec![created(Role::Agent, &["IT", "LEGAL"])];
    when(agent(), root(), become_a(Role::Agent, &["LEGAL"]))
        .then_expect_events(vec![became(Role::Agent, &["LEGAL"])]);
    when(agent(), root(), become_a(Role::Agent, &["LEGAL", "IT"])).then_expect_events(vec![]);
}

#[test]
fn nobody_locks_themselves_out() {
    let ada = || person(ADA, Role::Admin);
    let given = || vec![created(Role::Admin, &[])];
    when(given(), ada(), UserCommand::Deactivate).then_expect_error(UserError::OnOneself);
    when(given(), ada(), become_a(Role::User, &[])).then_expect_error(UserError::OnOneself);
    when(given(), ada(), become_a(Role::ItAgent, &[])).then_expect_error(UserError::OnOneself);
    when(given(), ada(), become_a(Role::Admin, &[])).then_expect_events(vec![]);
    when(given(), root(), UserCommand::Deactivate).then_expect_events(vec![UserEvent::UserDeactivated {}]);
}

#[test]
fn deactivating_and_activating_twice_changes_nothing() {
    let active = || vec![created(Role::User, &[])];
    let inactive = || vec![created(Role::User, &[]), UserEvent::UserDeactivated {}];
    when(active(), root(), UserCommand::Activate).then_expect_events(vec![]);
    when(active(), root(), UserCommand::Deactivate).then_expect_events(vec![UserEvent::UserDeactivated {}]);
    when(inactive(), root(), UserCommand::Deactivate).then_expect_events(vec![]);
    when(inactive(), root(), UserCommand::Activate).then_expect_events(vec![UserEvent::UserActivated {}]);
}

#[test]
fn a_person_is_erased_by_an_admin_the_desk_or_themselves() {
    let given = || vec![created(Role::User, &[])];
    for by in [root(), SYSTEM, person(ADA, Role::User)] {
        when(given(), by, erase()).then_expect_events(vec![erased()]);
    }
    for by in [person(ROOT, Role::User), person(ROOT, Role::ItAgent), person(ROOT, Role::Agent)] {
        when(given(), by.clone(), erase()).then_expect_error(UserError::Forbidden);
        when(vec![], by, erase()).then_expect_error(UserError::Forbidden);
    }
    when(vec![], root(), erase()).then_expect_error(UserError::NotFound);
}

#[test]
fn a_password_is_its_owner_s_to_change_and_an_administrator_s() {
    let given = || vec![created(Role::User, &[])];
    let change = |how| UserCommand::ChangePassword { how };
    for (by, how) in [
        (person(ADA, Role::User), PasswordChange::Change),
        (person(ADA, Role::User), PasswordChange::Reset),
        (root(), PasswordChange::Admin),
    ] {
        let expected = vec![UserEvent::PasswordChanged { how }];
        when(given(), by, change(how)).then_expect_events(expected);
    }
    let other = person(ROOT, Role::ItAgent);
    when(given(), other, change(PasswordChange::Admin)).then_expect_error(UserError::Forbidden);
    let gone = vec![created(Role::User, &[]), erased()];
    when(gone, root(), change(PasswordChange::Admin)).then_expect_error(UserError::Erased);
    when(vec![], root(), change(PasswordChange::Admin)).then_expect_error(UserError::NotFound);
}

#[test]
fn who_was_erased_stays_erased_and_takes_no_command() {
    let given = || vec![created(Role::User, &[]), erased()];
    when(given(), root(), erase()).then_expect_events(vec![]);
    for command in [
        create(Role::User, &[]),
        become_a(Role::Admin, &[]),
        become_a(Role::User, &[]),
        UserCommand::Deactivate,
        UserCommand::Activate,
    ] {
        when(given(), root(), command).then_expect_error(UserError::Erased);
    }
}

#[test]
fn the_last_administrator_is_not_erased() {
    let alone = UserCommand::Erase { reason: ErasureReason::Legal, another_admin: false };
    let admin = || vec![created(Role::Admin, &[])];
    when(admin(), person(ADA, Role::Admin), alone.clone()).then_expect_error(UserError::LastAdmin);
    when(admin(), SYSTEM, alone.clone()).then_expect_error(UserError::LastAdmin);
    when(admin(), root(), erase()).then_expect_events(vec![erased()]);
    let legal = || vec![UserEvent::UserErased { reason: ErasureReason::Legal }];
    let inactive = vec![created(Role::Admin, &[]), UserEvent::UserDeactivated {}];
    when(inactive, SYSTEM, alone.clone()).then_expect_events(legal());
    when(vec![created(Role::User, &[])], SYSTEM, alone).then_expect_events(legal());
}

#[test]
fn an_account_knows_what_its_owner_may_do() {
    let mut user = User::default();
    assert!(!user.exists() && !user.is_active() && user.departments().is_empty());
    assert_eq!(user.role(), None);
    user.apply(created(Role::ItAgent, &["IT"]));
    assert!(user.exists() && user.is_active());
    assert_eq!((user.role(), user.departments()), (Some(Role::ItAgent), &depts(&["IT"])[..]));
    user.apply(UserEvent::UserDeactivated {});
    assert!(user.exists() && !user.is_active() && !user.is_erased());
    user.apply(erased());
    assert!(user.exists() && !user.is_active() && user.is_erased());
}

#[test]
fn refusals_have_stable_codes() {
    let wire = |error: UserError| (error.kind(), error.code());
    assert_eq!(wire(UserError::NotFound), (RefusalKind::NotFound, "NOT_FOUND"));
    assert_eq!(wire(UserError::Forbidden), (RefusalKind::Forbidden, "AUTHZ_FORBIDDEN"));
    assert_eq!(wire(UserError::AlreadyExists), (RefusalKind::Conflict, "DUPLICATE"));
    assert_eq!(wire(UserError::OnOneself), (RefusalKind::Conflict, "CONFLICT"));
    assert_eq!(wire(UserError::LastAdmin), (RefusalKind::Conflict, "LAST_ADMIN"));
    assert_eq!(wire(UserError::Erased), (RefusalKind::Conflict, "PERSON_ERASED"));
    assert_eq!(wire(UserError::NoDepartments), (RefusalKind::Invalid, "VALIDATION_ERROR"));
    assert_eq!(wire(UserError::OtherDepartments), (RefusalKind::Invalid, "VALIDATION_ERROR"));
}

fn command() -> impl Strategy<Value = UserCommand> {
    let role =
        || prop::sample::select(vec![Role::User, Role::ItAgent, Role::HrAgent, Role::Agent, Role::Admin]);
    let departments = || prop::sample::subsequence(vec!["HR", "IT", "LEGAL"], 0..=3);
    prop_oneof![
        (role(), departments()).prop_map(|(role, departments)| create(role, &departments)),
        (role(), departments()).prop_map(|(role, departments)| become_a(role, &departments)),
        Just(UserCommand::Deactivate),
        Just(UserCommand::Activate),
        Just(UserCommand::DeclareServiceAccount),
        (1u128..4, 0i64..2).prop_map(|(id, days)| {
            UserCommand::IssueToken(token(id, &[Scope::TicketsRead, Scope::EventsRead], days))
        }),
        (1u128..4).prop_map(|id| UserCommand::RevokeToken(uuid::Uuid::from_u128(id))),
        any::<bool>()
            .prop_map(|another_admin| UserCommand::Erase { reason: ErasureReason::Retention, another_admin }),
        Just(UserCommand::Delete),
        (option::of(role()), option::of(departments()), option::of(1u16..4), option::of(0u8..3))
            .prop_map(|(role, departments, capacity, name)| edit(role, departments, capacity, name)),
        (0u8..9).prop_map(|n| signed_as(n.checked_sub(1).map(|n| if n < 4 { "Ada" } else { "A." }))),
        (option::of(any::<bool>()), option::of(1u16..4))
            .prop_map(|(is_available, capacity)| availability(is_available, capacity)),
    ]
}

proptest! {
    #[test]
    fn repeating_a_command_adds_no_event_and_agents_always_have_departments(
        history in prop::collection::vec((0usize..4, command()), 0..40)
    ) {
        let mut user = User::default();
        for (caller, command) in history {
            let callers = [root(), SYSTEM, person(ADA, Role::Admin), person(ADA, Role::User)];
            let by = callers[caller].clone();
            let (was_erased, was_deleted) = (user.is_erased(), user.is_deleted());
            for event in user.decide(issued(by.clone(), command.clone())).unwrap_or_default() {
                prop_assert!(!was_erased, "nothing follows an erasure");
                let is_erasure = matches!(event, UserEvent::UserErased { .. });
                prop_assert!(!was_deleted || is_erasure, "nothing but an erasure follows a deletion");
                user.apply(event);
            }
            prop_assert_eq!(user.decide(issued(by, command)).unwrap_or_default(), vec![]);
            let is_agent = user.role().is_some_and(Role::is_agent);
            prop_assert_eq!(is_agent, !user.departments().is_empty());
            prop_assert!(!(user.is_active() && (user.is_erased() || user.is_deleted())));
        }
    }
}
