//! Creating a ticket, and who sees it at all.

use super::testing::*;
use crate::access::Caller;
use crate::change::Change;
use crate::id::LinkId;
use crate::refusal::{Refusal, RefusalKind};
use crate::ticket::values::{Priority, Status, Urgency};
use crate::ticket::{Report, TicketCommand, TicketError, TicketEvent};

fn create() -> TicketCommand {
    TicketCommand::Create(Box::new(report()))
}

#[test]
fn a_user_creates_for_themselves_and_staff_for_anybody() {
    for by in [ada(), hugo(), root(), system()] {
        when(vec![], by, create()).then_expect_events(vec![created_in(None)]);
    }
    assert_eq!(refusal(vec![], eve(), create()), TicketError::Forbidden("staff"));
}

#[test]
fn a_ticket_starts_open_without_assignee() {
    let ticket = folded([created_in(Some("IT"))]);
    let live = ticket.live().expect("it was created");
    assert_eq!((live.requester(), live.status()), (ADA, Status::Open));
    assert_eq!((live.department(), live.assignee()), (Some(&dept("IT")), None));
    assert_eq!((live.locked_into(), live.is_flagged(), live.reopen_count()), (None, false, 0));
}

#[test]
fn the_first_priority_follows_from_the_urgency() {
    let report = Report { urgency: Urgency::High, department: Some(dept("IT")), ..report() };
    let urgent = TicketCommand::Create(Box::new(report));
    let events = when(vec![], ada(), urgent).inspect_result().expect("allowed");
    assert!(matches!(&events[..], [TicketEvent::TicketCreated { priority: Priority::High, .. }]));
}

#[test]
fn a_ticket_is_created_once() {
    assert_eq!(refusal(ticket(Status::Open), ada(), create()), TicketError::AlreadyExists);
}

#[test]
fn a_ticket_never_created_takes_no_other_command() {
    for by in everybody() {
        assert_eq!(refusal(vec![], by, TicketCommand::Claim), TicketError::NotFound);
    }
    assert!(folded([resolved()]).live().is_none());
    assert!(folded([]).allowed().is_empty());
}

fn commands() -> Vec<TicketCommand> {
    vec![
        Edit { title: Some("x"), ..Edit::default() }.into(),
        transfer("HR"),
        TicketCommand::Assign { agent: None, team: Change::Keep },
        TicketCommand::Claim,
        TicketCommand::Unassign,
        set_status(Status::Closed),
        resolve(),
        TicketCommand::Close,
        reopen(),
        TicketCommand::Answer { is_internal: false },
        TicketCommand::GiveFeedback { rating: None, comment: None },
        TicketCommand::Flag { reason: None },
        TicketCommand::ClearFlag,
        TicketCommand::ConfirmMisuse,
        merge(1),
        TicketCommand::Unmerge,
        TicketCommand::Unlink { link: LinkId::default() },
        TicketCommand::Follow { user: EVE, reader: Some(eve()) },
        TicketCommand::Unfollow { user: EVE },
        TicketCommand::FollowMentioned { users: vec![ADA] },
    ]
}

#[test]
fn whoever_does_not_see_a_ticket_is_told_that_there_is_none() {
    let blind = |by: Caller| {
        for command in commands() {
            for given in [ticket(Status::Open), ticket_and(Status::Open, [merged()])] {
                assert_eq!(refusal(given, by.clone(), command.clone()), TicketError::NotFound, "{command:?}");
            }
        }
    };
    blind(eve());
    blind(hugo());
}

#[test]
fn an_agent_sees_what_is_assigned_to_them_whatever_the_department() {
    let given = ticket_and(Status::Open, [assigned(Some(HUGO))]);
    when(given, hugo(), TicketCommand::Claim).then_expect_events(vec![]);
}

#[test]
fn a_merged_ticket_takes_no_command_but_unmerge() {
    for command in commands().into_iter().filter(|command| *command != TicketCommand::Unmerge) {
        let refused = refusal(ticket_and(Status::Open, [merged()]), root(), command);
        assert_eq!(refused, TicketError::Locked { into: ticket_id(2) });
    }
    assert!(folded(ticket_and(Status::Open, [merged()])).allowed().is_empty());
}

#[test]
fn a_refusal_tells_programs_what_they_need() {
    let locked = TicketError::Locked { into: ticket_id(2) };
    assert_eq!((locked.kind(), locked.code()), (RefusalKind::Locked, "TICKET_LOCKED"));
    assert_eq!(locked.details(), None, "not everybody who sees the one sees the other");
    assert!(!locked.to_string().contains("TKT-"));
    let late = TicketError::ReopenWindowPassed { resolved_at: day(0) };
    assert_eq!((late.kind(), late.code()), (RefusalKind::Conflict, "REOPEN_WINDOW_PASSED"));
    assert_eq!(late.details(), Some(serde_json::json!({ "resolved_at": "2024-10-04T00:00:00Z" })));
    let taken = TicketError::AlreadyClaimed { by: IVAN };
    assert_eq!((taken.kind(), taken.code()), (RefusalKind::Conflict, "CONFLICT"));
    assert_eq!(taken.details(), Some(serde_json::json!({ "assignee_id": IVAN })));
    assert_eq!(TicketError::Forbidden("staff").to_string(), "only staff may do this");
}
