//! Correcting text, urgency, impact and priority.

use super::testing::*;
use crate::ticket::values::{Impact, Priority, PrioritySource, Status, Urgency};
use crate::ticket::{TicketError, TicketEvent};

const STAFF: TicketError = TicketError::Forbidden("staff");
const REQUESTER: TicketError = TicketError::Forbidden("the requester");

fn titled(title: &'static str) -> Edit {
    Edit { title: Some(title), ..Edit::default() }
}

fn urgent() -> Edit {
    Edit { urgency: Some(Urgency::High), ..Edit::default() }
}

fn triaged(
    urgency: Urgency,
    impact: Option<Impact>,
    priority: Priority,
    source: PrioritySource,
) -> TicketEvent {
    TicketEvent::PriorityChanged { urgency, impact, priority, source }
}

fn by_hand() -> TicketEvent {
    triaged(Urgency::Medium, None, Priority::Critical, PrioritySource::Manual)
}

#[test]
fn the_requester_corrects_the_text_while_the_ticket_is_open() {
    let details = TicketEvent::TicketDetailsEdited { title: Some(sealed("scanner")), description: None };
    when(ticket(Status::Open), ada(), titled("scanner").into()).then_expect_events(vec![details]);
}

#[test]
fn the_requester_cannot_correct_the_text_of_a_ticket_taken_up() {
    for status in [Status::Assigned, Status::InProgress, Status::WaitingOnCustomer, Status::Closed] {
        let refused = refusal(ticket(status), ada(), titled("scanner").into());
        assert_eq!(refused, TicketError::NotEditable { status });
    }
}

#[test]
fn nobody_else_edits_the_text() {
    for by in [ivan(), root(), system()] {
        assert_eq!(refusal(ticket(Status::Open), by, titled("scanner").into()), REQUESTER);
    }
}

#[test]
fn an_edit_to_what_already_is_changes_nothing() {
    let same = || Edit {
        title: Some("printer"),
        description: Some("it burns"),
        urgency: Some(Urgency::Medium),
        department: Some("IT"),
        ..Edit::default()
    };
    for status in [Status::Open, Status::InProgress, Status::Closed] {
        when(ticket(status), ada(), same().into()).then_expect_events(vec![]);
        when(ticket(status), root(), Edit::default().into()).then_expect_events(vec![]);
    }
}

#[test]
fn a_new_urgency_recomputes_the_priority() {
    let expected = triaged(Urgency::High, None, Priority::High, PrioritySource::Computed);
    when(ticket(Status::Open), ada(), urgent().into()).then_expect_events(vec![expected.clone()]);
    when(ticket(Status::WaitingOnCustomer), ida(), urgent().into()).then_expect_events(vec![expected]);
}

#[test]
fn the_requester_changes_the_urgency_only_while_the_ticket_is_open() {
    let status = Status::Assigned;
    assert_eq!(refusal(ticket(status), ada(), urgent().into()), TicketError::NotEditable { status });
}

#[test]
fn staff_change_nothing_on_a_resolved_ticket() {
    let status = Status::Resolved;
    assert_eq!(refusal(ticket(status), root(), urgent().into()), TicketError::NotEditable { status });
}

#[test]
fn impact_and_priority_are_for_staff() {
    let impact = || Edit { impact: Some(Impact::High), ..Edit::default() };
    let priority = || Edit { priority: Some(Priority::Critical), ..Edit::default() };
    assert_eq!(refusal(ticket(Status::Open), ada(), impact().into()), STAFF);
    assert_eq!(refusal(ticket(Status::Open), ada(), priority().into()), STAFF);
    let judged = triaged(Urgency::Medium, Some(Impact::High), Priority::High, PrioritySource::Computed);
    when(ticket(Status::InProgress), ivan(), impact().into()).then_expect_events(vec![judged]);
    when(ticket(Status::InProgress), ivan(), priority().into()).then_expect_events(vec![by_hand()]);
}

#[test]
fn a_priority_set_by_hand_outlasts_changes_of_urgency_and_impact() {
    let edit = Edit { urgency: Some(Urgency::Low), impact: Some(Impact::Low), ..Edit::default() };
    when(ticket_and(Status::Open, [by_hand()]), ivan(), edit.into()).then_expect_events(vec![triaged(
        Urgency::Low,
        Some(Impact::Low),
        Priority::Critical,
        PrioritySource::Manual,
    )]);
}

#[test]
fn confirming_the_computed_priority_by_hand_makes_it_stick() {
    let same = || Edit { priority: Some(Priority::Medium), ..Edit::default() };
    let confirmed = triaged(Urgency::Medium, None, Priority::Medium, PrioritySource::Manual);
    when(ticket(Status::Open), ivan(), same().into()).then_expect_events(vec![confirmed.clone()]);
    when(ticket_and(Status::Open, [confirmed]), ivan(), same().into()).then_expect_events(vec![]);
}

#[test]
fn an_edit_of_everything_happens_in_order() {
    let edit = Edit {
        description: Some("it smokes"),
        urgency: Some(Urgency::Low),
        department: Some("HR"),
        ..titled("scanner")
    };
    when(ticket(Status::Open), ada(), edit.into()).then_expect_events(vec![
        TicketEvent::TicketDetailsEdited {
            title: Some(sealed("scanner")),
            description: Some(sealed("it smokes")),
        },
        triaged(Urgency::Low, None, Priority::Low, PrioritySource::Computed),
        TicketEvent::TicketTransferred { from: Some(dept("IT")), to: dept("HR"), note: None },
    ]);
}

#[test]
fn one_forbidden_part_refuses_the_whole_edit() {
    let edit = Edit { impact: Some(Impact::High), ..titled("scanner") };
    assert_eq!(refusal(ticket(Status::Open), ada(), edit.into()), STAFF);
    let edit = Edit { department: Some("HR"), ..urgent() };
    let status = Status::Assigned;
    assert_eq!(refusal(ticket(status), ada(), edit.into()), TicketError::NotEditable { status });
    let edit = Edit { urgency: Some(Urgency::High), ..titled("scanner") };
    assert_eq!(refusal(ticket(Status::Open), root(), edit.into()), REQUESTER);
}
