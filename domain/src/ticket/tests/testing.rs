//! The people and tickets that the tests speak of.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::test::{AggregateResultValidator, TestFramework};
use cqrs_es::{Aggregate, DomainEvent};
use uuid::Uuid;

use crate::Issued;
use crate::access::{Caller, Department, Reach, Role};
use crate::id::{TicketId, UserId};
use crate::sealed::{Cipher, Sealed};
use crate::ticket::values::{FlaggedBy, Priority, ResolvedBy, Status, Urgency};
use crate::ticket::{Assignee, Changes, Report, Room, Ticket, TicketCommand, TicketError, TicketEvent};
use crate::user::Availability;

pub(super) const ADA: UserId = UserId(Uuid::from_u128(1));
pub(super) const EVE: UserId = UserId(Uuid::from_u128(2));
pub(super) const IVAN: UserId = UserId(Uuid::from_u128(3));
pub(super) const IDA: UserId = UserId(Uuid::from_u128(4));
pub(super) const HUGO: UserId = UserId(Uuid::from_u128(5));
pub(super) const ROOT: UserId = UserId(Uuid::from_u128(6));

/// Seals nothing.
pub(super) struct Plain;

impl Cipher for Plain {
    fn seal(&self, _: UserId, plain: &str) -> Result<String, String> {
        Ok(plain.to_owned())
    }

    fn open(&self, _: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        Ok(Some(cipher.into()))
    }
}

pub(super) fn dept(code: &str) -> Department {
    code.parse().expect("a code")
}

fn person(id: UserId, role: Role, departments: &[&str]) -> Caller {
    let departments = departments.iter().map(|code| dept(code)).collect();
    Caller::Person { id, role, departments, reach: Reach::default() }
}

/// The requester of every ticket here.
pub(super) fn ada() -> Caller {
    person(ADA, Role::User, &[])
}

/// Another user, who sees none of Ada's tickets.
pub(super) fn eve() -> Caller {
    person(EVE, Role::User, &[])
}

/// An agent of IT, who has every assigned ticket here.
pub(super) fn ivan() -> Caller {
    person(IVAN, Role::ItAgent, &["IT"])
}

/// Another agent of IT.
pub(super) fn ida() -> Caller {
    person(IDA, Role::ItAgent, &["IT"])
}

/// An agent of HR.
pub(super) fn hugo() -> Caller {
    person(HUGO, Role::HrAgent, &["HR"])
}

/// An administrator.
pub(super) fn root() -> Caller {
    person(ROOT, Role::Admin, &[])
}

/// The desk itself.
pub(super) fn system() -> Caller {
    Caller::System("test")
}

pub(super) fn everybody() -> [Caller; 7] {
    [ada(), eve(), ivan(), ida(), hugo(), root(), system()]
}

/// So many days after every ticket here was resolved; commands are issued on day 1.
pub(super) fn day(n: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + n)
}

pub(super) fn ticket_id(n: u32) -> TicketId {
    TicketId::new(day(0), n)
}

pub(super) fn sealed(text: &str) -> Sealed {
    Sealed::new(ADA, text)
}

/// What Ada reports.
pub(super) fn report() -> Report {
    Report { requester: ADA, title: "printer".into(), description: "it burns".into(), ..Report::default() }
}

pub(super) fn created_in(department: Option<&str>) -> TicketEvent {
    TicketEvent::TicketCreated {
        requester: ADA,
        title: sealed("printer"),
        description: sealed("it burns"),
        urgency: Urgency::Medium,
        priority: Priority::Medium,
        department: department.map(dept),
        category: None,
        building: None,
        organization: None,
    }
}

pub(super) fn assigned(agent: Option<UserId>) -> TicketEvent {
    TicketEvent::TicketAssigned { agent }
}

pub(super) fn changed(from: Status, to: Status) -> TicketEvent {
    TicketEvent::StatusChanged { from, to, reason: None }
}

pub(super) fn resolved() -> TicketEvent {
    TicketEvent::TicketResolved { by: ResolvedBy::Agent, resolution: None, resolution_code: None, at: day(0) }
}

pub(super) fn reopened(to: Status) -> TicketEvent {
    TicketEvent::TicketReopened { to, reason: None }
}

pub(super) fn flagged() -> TicketEvent {
    TicketEvent::TicketFlagged { reason: None, by: FlaggedBy::Person }
}

pub(super) fn merged() -> TicketEvent {
    TicketEvent::TicketMerged { into: ticket_id(2), at: day(1) }
}

/// Ada's ticket with IT; on Ivan's desk in every status but open.
pub(super) fn ticket(status: Status) -> Vec<TicketEvent> {
    let way = [
        (Status::Open, created_in(Some("IT"))),
        (Status::Assigned, assigned(Some(IVAN))),
        (Status::InProgress, changed(Status::Assigned, Status::InProgress)),
        (Status::WaitingOnCustomer, changed(Status::InProgress, Status::WaitingOnCustomer)),
        (Status::Resolved, resolved()),
        (Status::Closed, TicketEvent::TicketClosed { at: day(1) }),
    ];
    let length = way.iter().position(|(reached, _)| *reached == status).map_or(0, |index| index + 1);
    way.into_iter().take(length).map(|(_, event)| event).collect()
}

/// Ada's ticket with IT and `events` on top of it.
pub(super) fn ticket_and(status: Status, events: impl IntoIterator<Item = TicketEvent>) -> Vec<TicketEvent> {
    ticket(status).into_iter().chain(events).collect()
}

/// The state after `events`.
pub(super) fn folded(events: impl IntoIterator<Item = TicketEvent>) -> Ticket {
    let mut ticket = Ticket::default();
    for event in events {
        ticket.apply(event);
    }
    ticket
}

pub(super) fn on(n: i64, by: Caller, command: TicketCommand) -> Issued<TicketCommand> {
    Issued::new(by, day(n), command)
}

pub(super) fn when(
    given: Vec<TicketEvent>,
    by: Caller,
    command: TicketCommand,
) -> AggregateResultValidator<Ticket> {
    TestFramework::with(()).given(given).when(on(1, by, command))
}

/// The refusal; panics on events, naming them.
pub(super) fn refusal(given: Vec<TicketEvent>, by: Caller, command: TicketCommand) -> TicketError {
    match when(given, by, command).inspect_result() {
        Err(error) => error,
        Ok(events) => {
            panic!("allowed: {:?}", events.iter().map(DomainEvent::event_type).collect::<Vec<_>>())
        }
    }
}

pub(super) fn assignee(id: UserId, role: Role) -> Assignee {
    let room = Room::Counted { availability: Availability::default(), active: 0 };
    Assignee { id, role, departments: vec![], is_active: true, room }
}

pub(super) fn set_status(to: Status) -> TicketCommand {
    TicketCommand::SetStatus { to, reason: None }
}

pub(super) fn resolve() -> TicketCommand {
    TicketCommand::Resolve { resolution: None, resolution_code: None }
}

pub(super) fn reopen() -> TicketCommand {
    TicketCommand::Reopen { reason: None }
}

pub(super) fn transfer(department: &str) -> TicketCommand {
    TicketCommand::Transfer { department: dept(department), note: None }
}

pub(super) fn merge(into: u32) -> TicketCommand {
    TicketCommand::Merge { ticket: ticket_id(1), into: ticket_id(into) }
}

/// An edit that changes nothing yet; tests fill in the parts they speak of.
#[derive(Default)]
pub(super) struct Edit {
    pub(super) title: Option<&'static str>,
    pub(super) description: Option<&'static str>,
    pub(super) urgency: Option<Urgency>,
    pub(super) impact: Option<crate::ticket::values::Impact>,
    pub(super) priority: Option<Priority>,
    pub(super) department: Option<&'static str>,
}

impl From<Edit> for TicketCommand {
    fn from(edit: Edit) -> Self {
        let Edit { title, description, urgency, impact, priority, department } = edit;
        Self::Edit(Box::new(Changes {
            title: title.map(Into::into),
            description: description.map(Into::into),
            urgency,
            impact,
            priority,
            department: department.map(dept),
            ..Changes::default()
        }))
    }
}
