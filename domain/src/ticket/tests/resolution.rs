//! Resolving, closing and reopening.

use cqrs_es::test::TestFramework;

use super::testing::*;
use crate::access::{Caller, Reach, Role};
use crate::ticket::values::{ResolvedBy, Status};
use crate::ticket::{Ticket, TicketCommand, TicketError, TicketEvent};

const ACTIVE: [Status; 4] = [Status::Open, Status::Assigned, Status::InProgress, Status::WaitingOnCustomer];
const STAFF: TicketError = TicketError::Forbidden("staff");

fn no_way(from: Status, to: Status) -> TicketError {
    TicketError::InvalidTransition { from, to, allowed: folded(ticket(from)).allowed() }
}

/// What reopening on that day comes to.
fn reopen_on(n: i64, by: Caller, given: Vec<TicketEvent>) -> Result<Vec<TicketEvent>, TicketError> {
    TestFramework::<Ticket>::with(()).given(given).when(on(n, by, reopen())).inspect_result()
}

fn too_late() -> TicketError {
    TicketError::ReopenWindowPassed { resolved_at: day(0) }
}

#[test]
fn requester_and_staff_resolve_any_active_ticket() {
    let callers = [
        (ada(), ResolvedBy::Requester),
        (ivan(), ResolvedBy::Agent),
        (root(), ResolvedBy::Admin),
        (system(), ResolvedBy::System),
    ];
    for (caller, by) in callers {
        for status in ACTIVE {
            let command = TicketCommand::Resolve {
                resolution: Some("water".into()),
                resolution_code: Some("FIXED".into()),
            };
            when(ticket(status), caller.clone(), command).then_expect_events(vec![
                TicketEvent::TicketResolved {
                    by,
                    resolution: Some(sealed("water")),
                    resolution_code: Some("FIXED".into()),
                    at: day(1),
                },
            ]);
        }
    }
}

#[test]
fn an_agent_resolves_their_own_problem_as_requester() {
    let ada = Caller::Person {
        id: ADA,
        role: Role::ItAgent,
        departments: vec![dept("IT")],
        reach: Reach::default(),
    };
    let events = when(ticket(Status::Open), ada, resolve()).inspect_result().expect("allowed");
    assert!(matches!(&events[..], [TicketEvent::TicketResolved { by: ResolvedBy::Requester, .. }]));
}

#[test]
fn resolving_twice_changes_nothing() {
    for by in [ada(), ivan()] {
        when(ticket(Status::Resolved), by, resolve()).then_expect_events(vec![]);
    }
}

#[test]
fn a_closed_ticket_is_not_resolved_again() {
    for by in [ada(), root()] {
        let refused = refusal(ticket(Status::Closed), by, resolve());
        assert_eq!(refused, no_way(Status::Closed, Status::Resolved));
    }
}

#[test]
fn staff_close_only_what_is_resolved() {
    for by in [ivan(), root(), system()] {
        when(ticket(Status::Resolved), by.clone(), TicketCommand::Close)
            .then_expect_events(vec![TicketEvent::TicketClosed { at: day(1) }]);
        when(ticket(Status::Closed), by.clone(), TicketCommand::Close).then_expect_events(vec![]);
        for status in ACTIVE {
            let refused = refusal(ticket(status), by.clone(), TicketCommand::Close);
            assert_eq!(refused, no_way(status, Status::Closed));
        }
    }
}

#[test]
fn the_requester_closes_nothing() {
    for status in [Status::Open, Status::Resolved, Status::Closed] {
        assert_eq!(refusal(ticket(status), ada(), TicketCommand::Close), STAFF);
    }
}

#[test]
fn the_requester_reopens_only_within_the_window() {
    for status in [Status::Resolved, Status::Closed] {
        let reopened = Ok(vec![reopened(Status::InProgress)]);
        assert_eq!(reopen_on(14, ada(), ticket(status)), reopened);
        assert_eq!(reopen_on(15, ada(), ticket(status)), Err(too_late()));
    }
}

#[test]
fn staff_reopen_a_resolved_ticket_at_any_time_and_a_closed_one_within_the_window() {
    for by in [ivan(), root(), system()] {
        let reopened = Ok(vec![reopened(Status::InProgress)]);
        assert_eq!(reopen_on(900, by.clone(), ticket(Status::Resolved)), reopened);
        assert_eq!(reopen_on(14, by.clone(), ticket(Status::Closed)), reopened);
        assert_eq!(reopen_on(15, by, ticket(Status::Closed)), Err(too_late()));
    }
}

#[test]
fn a_ticket_nobody_has_reopens_as_open() {
    let given = vec![created_in(None), resolved()];
    assert_eq!(reopen_on(1, ada(), given), Ok(vec![reopened(Status::Open)]));
}

#[test]
fn reopening_an_active_ticket_changes_nothing() {
    for status in ACTIVE {
        for by in [ada(), ivan()] {
            assert_eq!(reopen_on(1, by, ticket(status)), Ok(vec![]));
        }
    }
}

#[test]
fn a_reopened_ticket_counts_it_and_starts_its_window_anew() {
    let resolved_again = TicketEvent::TicketResolved {
        by: ResolvedBy::Requester,
        resolution: None,
        resolution_code: None,
        at: day(10),
    };
    let given = ticket_and(Status::Closed, [reopened(Status::InProgress), resolved_again]);
    assert_eq!(folded(given.clone()).live().map(crate::ticket::Live::reopen_count), Some(1));
    assert_eq!(reopen_on(24, ada(), given), Ok(vec![reopened(Status::InProgress)]));
}

#[test]
fn only_admins_reopen_what_was_closed_for_misuse() {
    let given = ticket_and(Status::Open, [flagged(), TicketEvent::MisuseConfirmed { at: day(0) }]);
    for by in [ada(), ivan()] {
        let refused = reopen_on(1, by, given.clone());
        assert_eq!(refused, Err(TicketError::Forbidden("administrators")));
    }
    assert_eq!(reopen_on(900, root(), given), Ok(vec![reopened(Status::Open)]));
}
