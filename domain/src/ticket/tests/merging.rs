//! Merging and taking it back.

use super::testing::*;
use crate::refusal::{Refusal as _, RefusalKind};
use crate::ticket::values::Status;
use crate::ticket::{Live, Ticket, TicketCommand, TicketError, TicketEvent};

const STAFF: TicketError = TicketError::Forbidden("staff");

#[test]
fn staff_merge_any_ticket_that_is_not_closed_and_take_it_back() {
    for status in [Status::Open, Status::Assigned, Status::WaitingOnCustomer, Status::Resolved] {
        when(ticket(status), ivan(), merge(2)).then_expect_events(vec![merged()]);
        let locked = folded(ticket_and(status, [merged()]));
        let live = locked.live().expect("it was created");
        assert_eq!((live.status(), live.locked_into()), (Status::Closed, Some(ticket_id(2))));
        let back = TicketEvent::TicketUnmerged { to: status };
        when(ticket_and(status, [merged()]), ivan(), TicketCommand::Unmerge)
            .then_expect_events(vec![back.clone()]);
        let free = folded(ticket_and(status, [merged(), back]));
        let live = free.live().expect("it was created");
        assert_eq!((live.status(), live.locked_into()), (status, None));
    }
}

#[test]
fn a_closed_ticket_is_not_merged() {
    let refused = refusal(ticket(Status::Closed), root(), merge(2));
    assert_eq!(refused.code(), "INVALID_STATUS_TRANSITION");
}

#[test]
fn a_ticket_is_not_merged_into_itself() {
    let refused = refusal(ticket(Status::Open), root(), merge(1));
    assert_eq!(refused, TicketError::MergeIntoItself);
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Invalid, "VALIDATION_ERROR"));
}

#[test]
fn merging_is_for_staff() {
    assert_eq!(refusal(ticket(Status::Open), ada(), merge(2)), STAFF);
    assert_eq!(refusal(ticket_and(Status::Open, [merged()]), ada(), TicketCommand::Unmerge), STAFF);
}

#[test]
fn unmerging_what_is_not_merged_changes_nothing() {
    when(ticket(Status::Open), ivan(), TicketCommand::Unmerge).then_expect_events(vec![]);
}

#[test]
fn merging_into_the_same_ticket_again_changes_nothing() {
    when(ticket_and(Status::Open, [merged()]), ivan(), merge(2)).then_expect_events(vec![]);
    let refused = refusal(ticket_and(Status::Open, [merged()]), ivan(), merge(3));
    assert_eq!(refused, TicketError::Locked { into: ticket_id(2) });
}

fn live(ticket: &Ticket) -> &Live {
    ticket.live().expect("it was created")
}

#[test]
fn only_a_ticket_that_is_worked_on_takes_another_one_in() {
    for status in [Status::Open, Status::Assigned, Status::InProgress, Status::WaitingOnCustomer] {
        assert_eq!(live(&folded(ticket(status))).takes_in(&ivan()), Ok(()));
        assert_eq!(live(&folded(ticket(status))).takes_in(&ada()), Err(STAFF));
        let elsewhere = folded(ticket_and(status, [merged()]));
        let refused = live(&elsewhere).takes_in(&ivan()).expect_err("it lives on elsewhere itself");
        assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "MERGE_TARGET_NOT_OPEN"));
    }
    for status in [Status::Resolved, Status::Closed] {
        let refused = live(&folded(ticket(status))).takes_in(&root()).expect_err("it is done");
        assert_eq!(refused, TicketError::MergeTargetNotOpen { status });
    }
}

#[test]
fn a_ticket_that_is_out_of_sight_is_none() {
    let it = folded(ticket(Status::Open));
    assert!(it.named_by(&ivan(), "into").is_ok() && it.named_by(&ada(), "into").is_ok());
    let unseen = it.named_by(&hugo(), "into").expect_err("out of sight");
    assert_eq!(Ticket::default().named_by(&root(), "into").expect_err("none"), unseen);
    assert_eq!(unseen.to_string(), "into: there is no such ticket");
}

#[test]
fn an_agent_does_not_merge_what_they_filed_themselves() {
    let mut own = ticket(Status::Open);
    if let Some(TicketEvent::TicketCreated { requester, .. }) = own.first_mut() {
        *requester = IVAN;
    }
    let refused = TicketError::Forbidden("staff who work on the ticket");
    assert_eq!(refusal(own.clone(), ivan(), merge(2)), refused);
    assert_eq!(live(&folded(own.clone())).takes_in(&ivan()), Err(refused));
    when(own, ida(), merge(2)).then_expect_events(vec![merged()]);
}
