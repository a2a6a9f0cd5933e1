//! Departments, queues and agents.

use super::testing::*;
use crate::access::{Caller, Department, Role};
use crate::change::Change;
use crate::ticket::values::Status;
use crate::ticket::{Assignee, Room, TicketCommand, TicketError, TicketEvent};
use crate::user::{Availability, Capacity};

const STAFF: TicketError = TicketError::Forbidden("staff");
const ACTIVE: [Status; 4] = [Status::Open, Status::Assigned, Status::InProgress, Status::WaitingOnCustomer];
const DONE: [Status; 2] = [Status::Resolved, Status::Closed];

fn assign(agent: Assignee) -> TicketCommand {
    TicketCommand::Assign { agent: Some(agent), team: Change::Keep }
}

fn queue() -> TicketCommand {
    TicketCommand::Assign { agent: None, team: Change::Keep }
}

fn no_way(from: Status, to: Status) -> TicketError {
    TicketError::InvalidTransition { from, to, allowed: folded(ticket(from)).allowed() }
}

fn transferred(from: Option<Department>) -> TicketEvent {
    TicketEvent::TicketTransferred { from, to: dept("HR"), note: None }
}

#[test]
fn staff_transfer_any_active_ticket_and_nobody_has_it_then() {
    for status in ACTIVE {
        let event = transferred(Some(dept("IT")));
        when(ticket(status), ivan(), transfer("HR")).then_expect_events(vec![event.clone()]);
        let after = folded(ticket_and(status, [event]));
        let live = after.live().expect("it was created");
        assert_eq!((live.status(), live.assignee()), (Status::Open, None));
        assert_eq!(live.department(), Some(&dept("HR")));
    }
}

#[test]
fn staff_transfer_no_ticket_that_is_done() {
    for status in DONE {
        assert_eq!(refusal(ticket(status), root(), transfer("HR")), no_way(status, Status::Open));
    }
}

#[test]
fn the_requester_transfers_only_an_open_ticket() {
    when(vec![created_in(None)], ada(), transfer("HR")).then_expect_events(vec![transferred(None)]);
    let status = Status::Assigned;
    assert_eq!(refusal(ticket(status), ada(), transfer("HR")), TicketError::NotEditable { status });
}

#[test]
fn a_transfer_to_where_it_is_changes_nothing() {
    for by in [ada(), ivan()] {
        when(ticket(Status::InProgress), by, transfer("IT")).then_expect_events(vec![]);
    }
}

#[test]
fn a_transfer_keeps_its_note() {
    let command = TicketCommand::Transfer { department: dept("HR"), note: Some("yours".into()) };
    let note = Some(sealed("yours"));
    let event = TicketEvent::TicketTransferred { from: Some(dept("IT")), to: dept("HR"), note };
    when(ticket(Status::Open), ivan(), command).then_expect_events(vec![event]);
}

#[test]
fn assigning_an_open_ticket_makes_it_assigned_and_reassigning_keeps_the_status() {
    for status in ACTIVE {
        let event = assigned(Some(IDA));
        when(ticket(status), ivan(), assign(assignee(IDA, Role::ItAgent)))
            .then_expect_events(vec![event.clone()]);
        let after = folded(ticket_and(status, [event]));
        let live = after.live().expect("it was created");
        let expected = if status == Status::Open { Status::Assigned } else { status };
        assert_eq!((live.status(), live.assignee()), (expected, Some(IDA)));
    }
}

#[test]
fn assigning_to_whoever_has_it_changes_nothing() {
    when(ticket(Status::InProgress), ida(), assign(assignee(IVAN, Role::ItAgent))).then_expect_events(vec![]);
}

#[test]
fn a_ticket_goes_only_to_agents_and_admins_who_may_sign_in() {
    let gone = Assignee { is_active: false, ..assignee(IDA, Role::ItAgent) };
    for unavailable in [assignee(EVE, Role::User), gone] {
        let refused = refusal(ticket(Status::Open), root(), assign(unavailable));
        assert_eq!(refused, TicketError::AgentUnavailable);
    }
    for available in [assignee(ROOT, Role::Admin), assignee(HUGO, Role::HrAgent), assignee(EVE, Role::Agent)]
    {
        let event = assigned(Some(available.id));
        when(ticket(Status::Open), root(), assign(available)).then_expect_events(vec![event]);
    }
}

#[test]
fn a_ticket_goes_to_whoever_takes_tickets_and_has_room_for_one_more() {
    let full = Availability { is_available: true, capacity: Capacity::parse(2).expect("a capacity") };
    let away = Availability { is_available: false, ..full };
    let counted = |availability, active| Assignee {
        room: Room::Counted { availability, active },
        ..assignee(IDA, Role::ItAgent)
    };
    let event = || vec![assigned(Some(IDA))];
    when(ticket(Status::Open), root(), assign(counted(full, 1))).then_expect_events(event());
    let refused = refusal(ticket(Status::Open), root(), assign(counted(full, 2)));
    assert_eq!(refused, TicketError::AgentAtCapacity { capacity: 2, active: 2 });
    assert_eq!(refusal(ticket(Status::Open), ida(), assign(counted(away, 0))), TicketError::AgentAway);
    let forced = || Assignee { room: Room::Forced, ..assignee(IDA, Role::ItAgent) };
    for admin in [root(), system()] {
        when(ticket(Status::Open), admin, assign(forced())).then_expect_events(event());
    }
    let refused = refusal(ticket(Status::Open), ida(), assign(forced()));
    assert_eq!(refused, TicketError::Forbidden("administrators"));
    let gone = Assignee { is_active: false, ..forced() };
    assert_eq!(refusal(ticket(Status::Open), root(), assign(gone)), TicketError::AgentUnavailable);
}

#[test]
fn what_somebody_had_goes_back_to_the_queue_or_to_nobody() {
    let back = || TicketCommand::PutBack { agent: IVAN };
    for status in [Status::Assigned, Status::InProgress, Status::WaitingOnCustomer] {
        when(ticket(status), system(), back()).then_expect_events(vec![assigned(None)]);
    }
    for status in DONE {
        when(ticket(status), system(), back()).then_expect_events(vec![]);
    }
    let another = TicketCommand::PutBack { agent: IDA };
    when(ticket(Status::InProgress), system(), another).then_expect_events(vec![]);
    assert_eq!(refusal(ticket(Status::InProgress), ida(), back()), TicketError::Forbidden("administrators"));
}

#[test]
fn a_ticket_that_is_done_goes_to_nobody() {
    for status in DONE {
        let no_way = no_way(status, Status::Assigned);
        assert_eq!(refusal(ticket(status), root(), assign(assignee(IDA, Role::ItAgent))), no_way);
        assert_eq!(refusal(ticket(status), root(), queue()), no_way);
        assert_eq!(refusal(ticket(status), ida(), TicketCommand::Claim), no_way);
    }
}

#[test]
fn routing_is_for_staff() {
    for command in
        [assign(assignee(IDA, Role::ItAgent)), queue(), TicketCommand::Claim, TicketCommand::Unassign]
    {
        assert_eq!(refusal(ticket(Status::Open), ada(), command), STAFF);
    }
}

#[test]
fn a_ticket_waits_in_its_departments_queue_without_agent() {
    for status in ACTIVE {
        when(ticket(status), ivan(), queue()).then_expect_events(vec![assigned(None)]);
        let after = folded(ticket_and(status, [assigned(None)]));
        let live = after.live().expect("it was created");
        assert_eq!((live.status(), live.assignee()), (Status::Assigned, None));
    }
    when(ticket_and(Status::Open, [assigned(None)]), ivan(), queue()).then_expect_events(vec![]);
}

#[test]
fn without_department_there_is_no_queue() {
    assert_eq!(refusal(vec![created_in(None)], root(), queue()), TicketError::NoDepartment);
}

#[test]
fn agents_and_admins_claim_what_nobody_has() {
    let claims = |by: Caller, id| {
        let queued = ticket_and(Status::Open, [assigned(None)]);
        for given in [ticket(Status::Open), queued] {
            when(given, by.clone(), TicketCommand::Claim).then_expect_events(vec![assigned(Some(id))]);
        }
    };
    claims(ida(), IDA);
    claims(root(), ROOT);
}

#[test]
fn claiming_what_is_theirs_changes_nothing() {
    when(ticket(Status::InProgress), ivan(), TicketCommand::Claim).then_expect_events(vec![]);
}

#[test]
fn whoever_claims_second_learns_who_was_first() {
    let refused = refusal(ticket(Status::Assigned), ida(), TicketCommand::Claim);
    assert_eq!(refused, TicketError::AlreadyClaimed { by: IVAN });
}

#[test]
fn the_desk_itself_claims_nothing() {
    let refused = refusal(ticket(Status::Open), system(), TicketCommand::Claim);
    assert_eq!(refused, TicketError::Forbidden("agents and administrators"));
}

#[test]
fn an_active_ticket_can_be_taken_from_its_agent() {
    when(ticket(Status::Open), ida(), TicketCommand::Unassign).then_expect_events(vec![]);
    for status in [Status::Assigned, Status::InProgress, Status::WaitingOnCustomer] {
        let event = TicketEvent::TicketUnassigned {};
        when(ticket(status), ida(), TicketCommand::Unassign).then_expect_events(vec![event.clone()]);
        let after = folded(ticket_and(status, [event]));
        let live = after.live().expect("it was created");
        assert_eq!((live.status(), live.assignee()), (Status::Open, None));
    }
    for status in DONE {
        let refused = refusal(ticket(status), ida(), TicketCommand::Unassign);
        assert_eq!(refused, no_way(status, Status::Open));
    }
}
