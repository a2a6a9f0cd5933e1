//! What administrators and people themselves change about an account, and how it ends.

use super::*;
use crate::sealed::Sealed;
use crate::user::Availability;

fn renamed(name: &str) -> UserEvent {
    UserEvent::UserRenamed { username: Sealed::new(ADA, name) }
}

fn moved_to(address: &str) -> UserEvent {
    UserEvent::EmailChanged { email: Sealed::new(ADA, address) }
}

fn available(is_available: bool, capacity: u16) -> UserEvent {
    UserEvent::AvailabilityChanged { is_available, capacity }
}

fn signed(text: Option<&str>) -> UserEvent {
    let signature = text.map(|text| Sealed::new(ADA, text));
    UserEvent::ProfileChanged { locale: None, timezone: None, signature }
}

#[test]
fn an_administrator_changes_several_things_at_once() {
    let given = || vec![created(Role::User, &[])];
    let all = edit(Some(Role::Agent), Some(vec!["LEGAL", "IT"]), Some(3), Some(1));
    let events = vec![
        renamed("countess"),
        moved_to("countess@example.com"),
        became(Role::Agent, &["IT", "LEGAL"]),
        available(true, 3),
    ];
    when(given(), root(), all.clone()).then_expect_events(events.clone());
    let after = given().into_iter().chain(events).collect();
    when(after, root(), all.clone()).then_expect_events(vec![]);
    for by in [person(ADA, Role::User), person(ROOT, Role::ItAgent)] {
        when(given(), by, all.clone()).then_expect_error(UserError::Forbidden);
    }
}

#[test]
fn what_is_not_given_stays() {
    let given = || vec![created(Role::Agent, &["IT", "LEGAL"])];
    when(given(), root(), edit(None, None, None, None)).then_expect_events(vec![]);
    when(given(), root(), edit(Some(Role::Agent), None, None, Some(2))).then_expect_events(vec![]);
    when(given(), root(), edit(None, Some(vec!["HR"]), None, None))
        .then_expect_events(vec![became(Role::Agent, &["HR"])]);
    when(given(), root(), edit(Some(Role::HrAgent), None, None, None))
        .then_expect_events(vec![became(Role::HrAgent, &["HR"])]);
    when(given(), root(), edit(None, Some(vec![]), None, None)).then_expect_error(UserError::NoDepartments);
}

#[test]
fn a_change_that_is_refused_changes_nothing_else_either() {
    let ada = || person(ADA, Role::Admin);
    let given = || vec![created(Role::Admin, &[])];
    when(given(), ada(), edit(Some(Role::User), None, None, Some(0))).then_expect_error(UserError::OnOneself);
    when(given(), ada(), edit(None, None, None, Some(0)))
        .then_expect_events(vec![renamed("ada.l"), moved_to("ada.l@example.com")]);
    when(given(), root(), edit(Some(Role::User), None, Some(3), Some(0)))
        .then_expect_error(UserError::NotAnAgent);
}

#[test]
fn a_profile_is_its_owner_s_alone() {
    let given = || vec![created(Role::User, &[])];
    let ada = || person(ADA, Role::User);
    when(given(), ada(), signed_as(Some("Ada"))).then_expect_events(vec![signed(Some("Ada"))]);
    when(given(), ada(), signed_as(None)).then_expect_events(vec![]);
    let with = || vec![created(Role::User, &[]), signed(Some("Ada"))];
    when(with(), ada(), signed_as(Some("Ada"))).then_expect_events(vec![]);
    when(with(), ada(), signed_as(None)).then_expect_events(vec![signed(None)]);
    for by in [root(), SYSTEM, person(ROOT, Role::User)] {
        when(given(), by, signed_as(Some("Ada"))).then_expect_error(UserError::Forbidden);
    }
}

#[test]
fn availability_is_said_by_whoever_it_is_about_or_an_administrator() {
    let given = || vec![created(Role::ItAgent, &["IT"])];
    for by in [person(ADA, Role::ItAgent), root(), SYSTEM] {
        when(given(), by, availability(Some(false), Some(5))).then_expect_events(vec![available(false, 5)]);
    }
    let other = person(ROOT, Role::ItAgent);
    when(given(), other, availability(Some(false), None)).then_expect_error(UserError::Forbidden);
    when(given(), root(), availability(Some(true), Some(20))).then_expect_events(vec![]);
    when(given(), root(), availability(None, None)).then_expect_events(vec![]);
    let user = vec![created(Role::User, &[])];
    when(user, root(), availability(Some(true), None)).then_expect_error(UserError::NotAnAgent);
}

#[test]
fn whoever_said_nothing_takes_twenty_tickets() {
    let mut user = User::default();
    user.apply(created(Role::ItAgent, &["IT"]));
    let Availability { is_available, capacity } = user.availability();
    assert_eq!((is_available, capacity.get()), (true, 20));
    user.apply(available(false, 7));
    let Availability { is_available, capacity } = user.availability();
    assert_eq!((is_available, capacity.get()), (false, 7));
}

#[test]
fn a_deleted_account_takes_no_command_but_an_erasure() {
    let deleted = || vec![created(Role::ItAgent, &["IT"]), UserEvent::UserDeleted {}];
    when(vec![created(Role::User, &[])], root(), UserCommand::Delete)
        .then_expect_events(vec![UserEvent::UserDeleted {}]);
    when(deleted(), root(), UserCommand::Delete).then_expect_events(vec![]);
    when(deleted(), root(), erase()).then_expect_events(vec![erased()]);
    for command in [
        become_a(Role::Admin, &[]),
        edit(None, None, None, Some(0)),
        availability(Some(true), None),
        UserCommand::Deactivate,
        UserCommand::Activate,
    ] {
        when(deleted(), root(), command).then_expect_error(UserError::Deleted);
    }
    for by in [person(ADA, Role::User), person(ROOT, Role::Agent)] {
        when(vec![created(Role::User, &[])], by, UserCommand::Delete).then_expect_error(UserError::Forbidden);
    }
    let ada = person(ADA, Role::Admin);
    when(vec![created(Role::Admin, &[])], ada, UserCommand::Delete).then_expect_error(UserError::OnOneself);
}

#[test]
fn which_commands_take_an_administrator_away() {
    let mut admin = User::default();
    admin.apply(created(Role::Admin, &[]));
    let lost = |user: &User, command: UserCommand| user.loses_an_admin_by(&command);
    for command in [
        UserCommand::Deactivate,
        UserCommand::Delete,
        become_a(Role::User, &[]),
        edit(Some(Role::ItAgent), None, None, None),
        erase(),
    ] {
        assert!(lost(&admin, command));
    }
    for command in [UserCommand::Activate, become_a(Role::Admin, &[]), edit(None, None, None, Some(0))] {
        assert!(!lost(&admin, command));
    }
    admin.apply(UserEvent::UserDeactivated {});
    assert!(!lost(&admin, UserCommand::Delete), "who cannot sign in administers nothing");
}

#[test]
fn refusals_of_ended_accounts_have_stable_codes() {
    assert_eq!(
        (UserError::Deleted.kind(), UserError::Deleted.code()),
        (RefusalKind::Conflict, "ACCOUNT_DELETED")
    );
    assert_eq!(
        (UserError::NotAnAgent.kind(), UserError::NotAnAgent.code()),
        (RefusalKind::Conflict, "CONFLICT")
    );
}
