//! Feedback and suspicion.

use chrono::{DateTime, Utc};
use cqrs_es::test::TestFramework;

use super::testing::*;
use crate::refusal::{Refusal, RefusalKind};
use crate::ticket::values::{FlaggedBy, Status};
use crate::ticket::{Ticket, TicketCommand, TicketError, TicketEvent};

const STAFF: TicketError = TicketError::Forbidden("staff");
const ADMINS: TicketError = TicketError::Forbidden("administrators");

fn rate(rating: u8) -> TicketCommand {
    TicketCommand::GiveFeedback { rating: Some(rating), comment: None }
}

fn rated(rating: u8, at: DateTime<Utc>) -> TicketEvent {
    TicketEvent::FeedbackGiven { rating: Some(rating), comment: None, at }
}

fn misuse() -> TicketEvent {
    TicketEvent::MisuseConfirmed { at: day(1) }
}

fn flag() -> TicketCommand {
    TicketCommand::Flag { reason: None }
}

#[test]
fn the_requester_judges_the_outcome() {
    for status in [Status::Resolved, Status::Closed] {
        when(ticket(status), ada(), rate(5)).then_expect_events(vec![rated(5, day(1))]);
    }
    let words = TicketCommand::GiveFeedback { rating: None, comment: Some("thanks".into()) };
    let comment = Some(sealed("thanks"));
    when(ticket(Status::Resolved), ada(), words).then_expect_events(vec![TicketEvent::FeedbackGiven {
        rating: None,
        comment,
        at: day(1),
    }]);
}

#[test]
fn nobody_else_judges_the_outcome() {
    for by in [ivan(), root(), system()] {
        let refused = refusal(ticket(Status::Resolved), by, rate(5));
        assert_eq!(refused, TicketError::Forbidden("the requester"));
    }
}

#[test]
fn there_is_no_outcome_to_judge_while_the_ticket_is_active() {
    assert_eq!(refusal(ticket(Status::InProgress), ada(), rate(5)), TicketError::FeedbackTooEarly);
}

#[test]
fn feedback_says_something_within_its_scale() {
    let nothing = TicketCommand::GiveFeedback { rating: None, comment: None };
    let refused = refusal(ticket(Status::Resolved), ada(), nothing);
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Invalid, "VALIDATION_ERROR"));
    for rating in [0, 6, u8::MAX] {
        assert_eq!(refusal(ticket(Status::Resolved), ada(), rate(rating)), TicketError::RatingOutOfRange);
    }
}

#[test]
fn feedback_changes_within_the_window_of_the_first() {
    let rate_on = |n, rating| {
        let given = ticket_and(Status::Resolved, [rated(5, day(0)), rated(4, day(6))]);
        TestFramework::<Ticket>::with(()).given(given).when(on(n, ada(), rate(rating))).inspect_result()
    };
    assert_eq!(rate_on(7, 1), Ok(vec![rated(1, day(7))]));
    assert_eq!(rate_on(8, 1), Err(TicketError::FeedbackFinal));
    assert_eq!(rate_on(900, 4), Ok(vec![]));
}

#[test]
fn staff_and_screening_flag_an_open_ticket_once_and_it_is_known_which() {
    let by_screening = TicketEvent::TicketFlagged { reason: None, by: FlaggedBy::Screening };
    for (by, event) in [(ivan(), flagged()), (root(), flagged()), (system(), by_screening)] {
        when(ticket(Status::Open), by.clone(), flag()).then_expect_events(vec![event]);
        when(ticket_and(Status::Open, [flagged()]), by, flag()).then_expect_events(vec![]);
    }
    assert_eq!(refusal(ticket(Status::Open), ada(), flag()), STAFF);
    let status = Status::Assigned;
    assert_eq!(refusal(ticket(status), ivan(), flag()), TicketError::NotEditable { status });
}

#[test]
fn only_admins_drop_or_confirm_a_suspicion() {
    for by in [ada(), ivan()] {
        for command in [TicketCommand::ClearFlag, TicketCommand::ConfirmMisuse] {
            let refused = refusal(ticket_and(Status::Open, [flagged()]), by.clone(), command);
            assert_eq!(refused, ADMINS);
        }
    }
}

#[test]
fn a_dropped_suspicion_is_gone() {
    let cleared = TicketEvent::FlagCleared {};
    when(ticket_and(Status::Open, [flagged()]), root(), TicketCommand::ClearFlag)
        .then_expect_events(vec![cleared.clone()]);
    when(ticket_and(Status::Open, [flagged(), cleared]), root(), TicketCommand::ClearFlag)
        .then_expect_events(vec![]);
}

#[test]
fn a_confirmed_suspicion_closes_the_ticket() {
    when(ticket_and(Status::Open, [flagged()]), root(), TicketCommand::ConfirmMisuse)
        .then_expect_events(vec![misuse()]);
    let confirmed = ticket_and(Status::Open, [flagged(), misuse()]);
    assert_eq!(folded(confirmed.clone()).live().map(crate::ticket::Live::status), Some(Status::Closed));
    when(confirmed, root(), TicketCommand::ConfirmMisuse).then_expect_events(vec![]);
}

#[test]
fn only_a_flagged_open_ticket_is_confirmed_as_misuse() {
    let confirm = |given| refusal(given, root(), TicketCommand::ConfirmMisuse);
    assert_eq!(confirm(ticket(Status::Open)), TicketError::NotFlagged);
    let done = [flagged(), resolved(), TicketEvent::TicketClosed { at: day(1) }];
    for length in 2..=3 {
        let given = ticket_and(Status::Open, done.clone().into_iter().take(length));
        assert!(matches!(confirm(given), TicketError::InvalidTransition { to: Status::Closed, .. }));
    }
}
