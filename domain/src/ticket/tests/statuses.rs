//! The status machine: every pair of statuses, by `SetStatus`.

use super::testing::*;
use crate::access::Caller;
use crate::refusal::{Refusal, RefusalKind};
use crate::ticket::values::{ResolvedBy, Status};
use crate::ticket::{TicketCommand, TicketError, TicketEvent};

use Status::{Assigned, Closed, InProgress, Open, Resolved, WaitingOnCustomer};

const ALL: [Status; 6] = [Open, Assigned, InProgress, WaitingOnCustomer, Resolved, Closed];

/// Rows are where a ticket stands, columns where it should go: `>` leads there, `.` is there, `x` is refused.
const TABLE: [(Status, [char; 6]); 6] = [
    //                  open asgn  inpr waitg resol closd
    (Open, /*        */ ['.', '>', '>', 'x', '>', 'x']),
    (Assigned, /*    */ ['>', '.', '>', '>', '>', 'x']),
    (InProgress, /*  */ ['>', 'x', '.', '>', '>', 'x']),
    (WaitingOnCustomer, ['>', 'x', '>', '.', '>', 'x']),
    (Resolved, /*    */ ['>', 'x', '>', 'x', '.', '>']),
    (Closed, /*      */ ['>', 'x', '>', 'x', 'x', '.']),
];

fn walk(by: &Caller) {
    for (from, row) in TABLE {
        let targets = ALL.into_iter().zip(row);
        let allowed: Vec<_> = targets.clone().filter(|(_, mark)| *mark == '>').map(|(to, _)| to).collect();
        assert_eq!(folded(ticket(from)).allowed(), allowed);
        for (to, mark) in targets {
            let given = ticket(from);
            let result = when(given.clone(), by.clone(), set_status(to)).inspect_result();
            let pair = format!("{} to {}", from.as_str(), to.as_str());
            match (mark, result) {
                ('x', Err(error)) => {
                    let allowed = allowed.clone();
                    assert_eq!(error, TicketError::InvalidTransition { from, to, allowed }, "{pair}");
                }
                ('.', Ok(events)) => assert_eq!(events, vec![], "{pair}"),
                ('>', Ok(events)) => {
                    let after = folded(given.into_iter().chain(events));
                    assert_eq!(after.live().map(crate::ticket::Live::status), Some(to), "{pair}");
                }
                (_, result) => panic!("{pair}: {result:?}"),
            }
        }
    }
}

#[test]
fn staff_walk_exactly_the_transitions_of_the_table() {
    for by in [ivan(), ida(), root(), system()] {
        walk(&by);
    }
}

#[test]
fn the_requester_sets_no_status() {
    for from in ALL {
        for to in ALL {
            let refused = refusal(ticket(from), ada(), set_status(to));
            assert_eq!(refused, TicketError::Forbidden("staff"));
        }
    }
}

#[test]
fn a_refused_transition_lists_the_allowed_ones() {
    let refused = refusal(ticket(InProgress), ivan(), set_status(Closed));
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "INVALID_STATUS_TRANSITION"));
    assert_eq!(
        refused.details(),
        Some(serde_json::json!({
            "from": "in_progress",
            "to": "closed",
            "allowed": ["open", "waiting_on_customer", "resolved"],
        }))
    );
    assert_eq!(
        refused.to_string(),
        "the ticket is in_progress and cannot become closed this way; \
         possible: open, waiting_on_customer, resolved"
    );
}

#[test]
fn a_ticket_without_department_cannot_be_queued() {
    let refused = refusal(vec![created_in(None)], root(), set_status(Assigned));
    let allowed = vec![InProgress, Resolved];
    assert_eq!(refused, TicketError::InvalidTransition { from: Open, to: Assigned, allowed });
    when(ticket(Open), root(), set_status(Assigned)).then_expect_events(vec![assigned(None)]);
}

#[test]
fn setting_open_takes_the_ticket_from_its_agent() {
    when(ticket(WaitingOnCustomer), ivan(), set_status(Open))
        .then_expect_events(vec![TicketEvent::TicketUnassigned {}]);
}

#[test]
fn a_reason_is_kept() {
    let because = |to| TicketCommand::SetStatus { to, reason: Some("because".into()) };
    let reason = Some(sealed("because"));
    when(ticket(Assigned), ivan(), because(WaitingOnCustomer)).then_expect_events(vec![
        TicketEvent::StatusChanged { from: Assigned, to: WaitingOnCustomer, reason: reason.clone() },
    ]);
    when(ticket(Resolved), ivan(), because(InProgress))
        .then_expect_events(vec![TicketEvent::TicketReopened { to: InProgress, reason: reason.clone() }]);
    when(ticket(InProgress), ivan(), because(Resolved)).then_expect_events(vec![
        TicketEvent::TicketResolved {
            by: ResolvedBy::Agent,
            resolution: reason,
            resolution_code: None,
            at: day(1),
        },
    ]);
}

#[test]
fn reopening_as_open_takes_the_ticket_from_its_agent_too() {
    when(ticket(Resolved), ivan(), set_status(Open))
        .then_expect_events(vec![reopened(InProgress), TicketEvent::TicketUnassigned {}]);
}

#[test]
fn reopening_as_in_progress_without_agent_takes_one_more_step() {
    let given = vec![created_in(Some("IT")), resolved()];
    when(given, ivan(), set_status(InProgress))
        .then_expect_events(vec![reopened(Open), changed(Open, InProgress)]);
}
