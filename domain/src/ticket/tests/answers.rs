//! What a message on a ticket entails.

use cqrs_es::test::TestFramework;

use super::testing::*;
use crate::ticket::values::Status;
use crate::ticket::{Ticket, TicketCommand, TicketError, TicketEvent};

const PUBLIC: TicketCommand = TicketCommand::Answer { is_internal: false };
const INTERNAL: TicketCommand = TicketCommand::Answer { is_internal: true };
const ALL: [Status; 6] = [
    Status::Open,
    Status::Assigned,
    Status::InProgress,
    Status::WaitingOnCustomer,
    Status::Resolved,
    Status::Closed,
];

#[test]
fn an_internal_note_by_staff_changes_nothing() {
    for status in ALL {
        for by in [ivan(), ida(), root(), system()] {
            when(ticket(status), by, INTERNAL).then_expect_events(vec![]);
        }
    }
}

#[test]
fn a_user_writes_no_internal_notes() {
    assert_eq!(refusal(ticket(Status::Open), ada(), INTERNAL), TicketError::Forbidden("staff"));
}

#[test]
fn the_first_public_answer_of_staff_starts_the_work() {
    for status in [Status::Open, Status::Assigned] {
        for by in [ida(), root()] {
            when(ticket(status), by, PUBLIC).then_expect_events(vec![changed(status, Status::InProgress)]);
        }
    }
}

#[test]
fn later_answers_of_staff_change_nothing() {
    for status in [Status::InProgress, Status::WaitingOnCustomer, Status::Resolved] {
        when(ticket(status), ivan(), PUBLIC).then_expect_events(vec![]);
    }
}

#[test]
fn the_desks_own_message_is_no_start_of_work() {
    for status in [Status::Open, Status::Assigned, Status::InProgress, Status::Resolved] {
        when(ticket(status), system(), PUBLIC).then_expect_events(vec![]);
    }
}

#[test]
fn a_closed_ticket_takes_no_answers_of_staff() {
    for by in [ivan(), root(), system()] {
        assert_eq!(refusal(ticket(Status::Closed), by, PUBLIC), TicketError::Closed);
    }
}

#[test]
fn the_requesters_answer_ends_the_waiting() {
    let work = changed(Status::WaitingOnCustomer, Status::InProgress);
    when(ticket(Status::WaitingOnCustomer), ada(), PUBLIC).then_expect_events(vec![work]);
}

#[test]
fn the_requesters_answer_in_between_changes_nothing() {
    for status in [Status::Open, Status::Assigned, Status::InProgress] {
        when(ticket(status), ada(), PUBLIC).then_expect_events(vec![]);
    }
}

#[test]
fn the_requesters_answer_reopens_within_the_window() {
    let answer_on = |n, status| {
        TestFramework::<Ticket>::with(()).given(ticket(status)).when(on(n, ada(), PUBLIC)).inspect_result()
    };
    let too_late = TicketError::ReopenWindowPassed { resolved_at: day(0) };
    for status in [Status::Resolved, Status::Closed] {
        assert_eq!(answer_on(14, status), Ok(vec![reopened(Status::InProgress)]));
        assert_eq!(answer_on(15, status), Err(too_late.clone()));
    }
}

#[test]
fn a_ticket_closed_for_misuse_is_not_reopened_by_an_answer() {
    let given = ticket_and(Status::Open, [flagged(), TicketEvent::MisuseConfirmed { at: day(0) }]);
    assert_eq!(refusal(given, ada(), PUBLIC), TicketError::Forbidden("administrators"));
}
