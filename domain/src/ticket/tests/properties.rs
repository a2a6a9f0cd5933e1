//! What holds for every sequence of commands.

use std::sync::Arc;

use cqrs_es::Aggregate;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::testing::*;
use crate::access::Role;
use crate::change::Change;
use crate::event::{Event, StoredEvent as _};
use crate::evolution::REGISTRY;
use crate::id::LinkId;
use crate::sealed::with_cipher;
use crate::ticket::values::{Finding, Impact, Priority, Status, Urgency};
use crate::ticket::{
    Assignee, Changes, Conclusion, LabelChanges, Link, LinkKind, LinkTo, Report, Routing, Screening, Ticket,
    TicketCommand, TicketEvent, Triaged,
};
use crate::{Decide, Issued};

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(vec![
        Status::Open,
        Status::Assigned,
        Status::InProgress,
        Status::WaitingOnCustomer,
        Status::Resolved,
        Status::Closed,
    ])
}

fn words() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[ab]")
}

fn agent() -> impl Strategy<Value = Option<Assignee>> {
    let agents = vec![
        assignee(IVAN, Role::ItAgent),
        assignee(HUGO, Role::HrAgent),
        assignee(ROOT, Role::Admin),
        assignee(EVE, Role::User),
    ];
    prop::option::of(prop::sample::select(agents))
}

fn edit() -> impl Strategy<Value = TicketCommand> {
    let urgency = prop::option::of(prop::sample::select(vec![Urgency::Low, Urgency::High]));
    let impact = prop::option::weighted(0.3, prop::sample::select(vec![Impact::Low, Impact::High]));
    let priority = prop::option::weighted(0.3, prop::sample::select(vec![Priority::Low, Priority::Critical]));
    let department = prop::option::of(prop::sample::select(vec![dept("IT"), dept("HR")]));
    (words(), words(), urgency, impact, priority, department).prop_map(
        |(title, description, urgency, impact, priority, department)| {
            let labels = LabelChanges::default();
            let changes = Changes { title, description, urgency, impact, priority, department, labels };
            TicketCommand::Edit(Box::new(changes))
        },
    )
}

fn triaged() -> impl Strategy<Value = TicketCommand> {
    let found = prop::sample::select(vec![Finding::Harmless, Finding::Doubtful, Finding::Harmful]);
    let department = prop::option::of(prop::sample::select(vec![dept("IT"), dept("HR")]));
    let urgency = prop::option::of(prop::sample::select(vec![Urgency::Low, Urgency::High]));
    let said = (any::<bool>(), prop::option::of(found), prop::option::of((department, urgency)));
    said.prop_map(|(first, found, routing)| {
        let by = Conclusion::default();
        let screening = found.map(|found| Screening { found, harm: None, by: by.clone() });
        let routing =
            routing.map(|(department, urgency)| Routing { department, category: None, urgency, by });
        let triaged = Box::new(Triaged { screening, routing });
        if first { TicketCommand::Triage(triaged) } else { TicketCommand::SecondOpinion(triaged) }
    })
}

fn command() -> impl Strategy<Value = TicketCommand> {
    use TicketCommand as C;
    let department = prop::sample::select(vec![dept("IT"), dept("HR")]);
    prop_oneof![
        2 => edit(),
        1 => (department, words()).prop_map(|(department, note)| C::Transfer { department, note }),
        3 => agent().prop_map(|agent| C::Assign { agent, team: Change::Keep }),
        1 => Just(C::Claim),
        1 => Just(C::Unassign),
        1 => Just(C::PutBack { agent: IVAN }),
        6 => (status(), words()).prop_map(|(to, reason)| C::SetStatus { to, reason }),
        2 => (words(), words())
            .prop_map(|(resolution, resolution_code)| C::Resolve { resolution, resolution_code }),
        1 => Just(C::Close),
        1 => words().prop_map(|reason| C::Reopen { reason }),
        2 => any::<bool>().prop_map(|is_internal| C::Answer { is_internal }),
        1 => (prop::option::of(0u8..7), words())
            .prop_map(|(rating, comment)| C::GiveFeedback { rating, comment }),
        1 => words().prop_map(|reason| C::Flag { reason }),
        3 => triaged(),
        1 => Just(C::ClearFlag),
        1 => Just(C::ConfirmMisuse),
        1 => (1u32..3).prop_map(merge),
        2 => Just(C::Unmerge),
        1 => prop::option::of(2u32..4)
            .prop_map(|from| C::Unsplit { ticket: ticket_id(1), from: from.map(ticket_id) }),
        2 => (1u128..4, prop::sample::select(<LinkKind as strum::VariantArray>::VARIANTS), 1u32..4).prop_map(
            |(id, kind, to)| {
                let link = Link { id: LinkId(Uuid::from_u128(id)), kind, to: LinkTo::Ticket(ticket_id(to)) };
                C::Link { ticket: ticket_id(1), link }
            }
        ),
        2 => prop::sample::select(everybody().to_vec()).prop_map(|reader| {
            C::Follow { user: reader.person().unwrap_or_default(), reader: Some(reader) }
        }),
        1 => prop::sample::select(vec![ADA, IVAN]).prop_map(|user| C::Unfollow { user }),
        1 => Just(C::FollowMentioned { users: vec![ADA, IVAN] }),
    ]
}

fn create() -> impl Strategy<Value = TicketCommand> {
    prop::option::of(prop::sample::select(vec![dept("IT"), dept("HR")]))
        .prop_map(|department| TicketCommand::Create(Box::new(Report { department, ..report() })))
}

/// Anybody, on any day of two months; the clock may also run backwards.
fn issued(command: impl Strategy<Value = TicketCommand>) -> impl Strategy<Value = Issued<TicketCommand>> {
    (0i64..60, prop::sample::select(everybody().to_vec()), command)
        .prop_map(|(n, by, command)| on(n, by, command))
}

fn history() -> impl Strategy<Value = Vec<Issued<TicketCommand>>> {
    (issued(create()), prop::collection::vec(issued(command()), 0..60))
        .prop_map(|(first, rest)| std::iter::once(first).chain(rest).collect())
}

fn assert_consistent(ticket: &Ticket) -> Result<(), TestCaseError> {
    let Some(live) = ticket.live() else { return Ok(()) };
    let status = live.status();
    prop_assert!(status != Status::Open || live.assignee().is_none(), "open, yet somebody has it");
    let responsible = live.assignee().is_some() || live.department().is_some();
    prop_assert!(status != Status::Assigned || responsible, "assigned to nobody");
    prop_assert!(live.locked_into().is_none() || status == Status::Closed, "locked, yet not closed");
    prop_assert!(!status.is_active() || live.resolved_at.is_none(), "active, yet resolved");
    prop_assert!(status != Status::Resolved || live.resolved_at.is_some(), "resolved at no time");
    prop_assert!(!ticket.allowed().contains(&status), "a way to where it is");
    Ok(())
}

fn assert_follows(ticket: &Ticket, event: &TicketEvent) -> Result<(), TestCaseError> {
    let (Some(live), TicketEvent::StatusChanged { from, to, .. }) = (ticket.live(), event) else {
        return Ok(());
    };
    prop_assert_eq!(live.status(), *from);
    prop_assert!(ticket.allowed().contains(to), "{:?} to {:?}", from, to);
    Ok(())
}

/// From whichever version it is read it is an event of its type, and no version loses what it said.
fn assert_evolves(event: &TicketEvent) -> Result<(), TestCaseError> {
    let stored = with_cipher(Arc::new(Plain), || event.store()).expect("storable");
    let (name, newest) = (stored.event_type.as_str(), stored.schema_version);
    let fields: Value = serde_json::from_str(&stored.payload).expect("JSON");
    for version in 1..=newest {
        let old = REGISTRY.at_version(name, newest, &fields, version).expect("a way down");
        let read = || Event::read("ticket", name, version, &old.to_string());
        let read = with_cipher(Arc::new(Plain), read).expect("readable");
        prop_assert!(matches!(&read, Event::Ticket(read) if <&str>::from(read) == name), "{}", name);
        prop_assert!(version < newest || read == Event::Ticket(event.clone()));
        let up = REGISTRY.at_version(name, version, &old, newest).expect("a way up");
        prop_assert_eq!(REGISTRY.at_version(name, newest, &up, version), Ok(old));
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_sequence_of_commands_panics_or_leaves_a_ticket_inconsistent(history in history()) {
        let mut ticket = Ticket::default();
        for issued in history {
            for event in ticket.decide(issued).unwrap_or_default() {
                assert_follows(&ticket, &event)?;
                ticket.apply(event);
                assert_consistent(&ticket)?;
            }
        }
    }

    #[test]
    fn every_event_is_read_in_every_version_and_what_was_brought_up_goes_down_again(history in history()) {
        let mut ticket = Ticket::default();
        for issued in history {
            for event in ticket.decide(issued).unwrap_or_default() {
                assert_evolves(&event)?;
                ticket.apply(event);
            }
        }
    }

    #[test]
    fn repeating_a_command_adds_no_event(history in history()) {
        let mut ticket = Ticket::default();
        for issued in history {
            for event in ticket.decide(issued.clone()).unwrap_or_default() {
                ticket.apply(event);
            }
            prop_assert_eq!(ticket.decide(issued).unwrap_or_default(), vec![]);
        }
    }

    #[test]
    fn set_status_leads_where_it_says_or_nowhere(history in history(), to in status()) {
        let mut ticket = Ticket::default();
        for issued in history {
            for event in ticket.decide(issued).unwrap_or_default() {
                ticket.apply(event);
            }
        }
        if let Ok(events) = ticket.decide(on(1, root(), set_status(to))) {
            for event in events {
                ticket.apply(event);
            }
            prop_assert_eq!(ticket.live().map(crate::ticket::Live::status), Some(to));
        }
    }
}
