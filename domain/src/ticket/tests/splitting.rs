//! Taking a split back.

use super::testing::*;
use crate::refusal::{Refusal as _, RefusalKind};
use crate::ticket::values::Status;
use crate::ticket::{TicketCommand, TicketError};

fn unsplit(from: Option<u32>) -> TicketCommand {
    TicketCommand::Unsplit { ticket: ticket_id(1), from: from.map(ticket_id) }
}

#[test]
fn a_ticket_that_was_split_off_lives_on_where_it_came_from() {
    for status in [Status::Open, Status::WaitingOnCustomer, Status::Resolved] {
        when(ticket(status), ivan(), unsplit(Some(2))).then_expect_events(vec![merged()]);
    }
    when(ticket_and(Status::Open, [merged()]), ivan(), unsplit(Some(2))).then_expect_events(vec![]);
    let elsewhere = refusal(ticket_and(Status::Open, [merged()]), ivan(), unsplit(Some(3)));
    assert_eq!(elsewhere, TicketError::Locked { into: ticket_id(2) });
    let closed = refusal(ticket(Status::Closed), ivan(), unsplit(Some(2)));
    assert_eq!(closed.code(), "INVALID_STATUS_TRANSITION");
}

#[test]
fn what_was_not_split_off_says_so_to_staff_who_work_on_it() {
    let refused = refusal(ticket(Status::Open), ivan(), unsplit(None));
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "NOT_SPLIT_OFF"));
    let locked = refusal(ticket_and(Status::Open, [merged()]), ivan(), unsplit(None));
    assert_eq!(locked, TicketError::Locked { into: ticket_id(2) });
    for from in [None, Some(2)] {
        assert_eq!(refusal(ticket(Status::Open), ada(), unsplit(from)), TicketError::Forbidden("staff"));
        assert_eq!(refusal(ticket(Status::Open), hugo(), unsplit(from)), TicketError::NotFound);
    }
}
