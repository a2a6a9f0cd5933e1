//! What models made of a ticket, and what of it counts.

use chrono::TimeDelta;
use uuid::Uuid;

use super::testing::*;
use crate::id::EntryId;
use crate::ticket::values::{Finding, FlaggedBy, Harm, Priority, PrioritySource, RoutedBy, Status, Urgency};
use crate::ticket::{
    Conclusion, Doubt, Live, Routing, Screening, TicketCommand, TicketError, TicketEvent, Triaged,
};

const HARDWARE: EntryId = EntryId(Uuid::from_u128(7));

fn conclusion() -> Conclusion {
    Conclusion {
        model: "m/1".to_owned(),
        confidence: 0.9,
        reasons: Some("words".to_owned()),
        took: TimeDelta::microseconds(40),
    }
}

fn screening(found: Finding) -> Screening {
    Screening { found, harm: (found != Finding::Harmless).then_some(Harm::Spam), by: conclusion() }
}

fn routing(department: Option<&str>) -> Routing {
    Routing { department: department.map(dept), category: None, urgency: None, by: conclusion() }
}

fn triage(screening: Option<Screening>, routing: Option<Routing>) -> TicketCommand {
    TicketCommand::Triage(Box::new(Triaged { screening, routing }))
}

fn second(screening: Option<Screening>, routing: Option<Routing>) -> TicketCommand {
    TicketCommand::SecondOpinion(Box::new(Triaged { screening, routing }))
}

fn doubt(given: &[TicketEvent]) -> Option<Doubt> {
    folded(given.to_vec()).live().and_then(Live::doubt)
}

fn screened(found: Finding) -> TicketEvent {
    let Screening { found, harm, by } = screening(found);
    let (model, confidence, reasons) = (by.model, by.confidence, by.reasons.as_deref().map(sealed));
    TicketEvent::TicketScreened { found, harm, model, confidence, reasons, took_us: 40 }
}

fn routed(department: Option<&str>, by: RoutedBy) -> TicketEvent {
    TicketEvent::TicketRouted {
        department: department.map(dept),
        by,
        model: Some("m/1".to_owned()),
        confidence: Some(0.9),
        reasons: Some(sealed("words")),
        took_us: 40,
    }
}

#[test]
fn a_harmless_ticket_is_routed_in_the_same_decision() {
    let all = triage(Some(screening(Finding::Harmless)), Some(routing(Some("HR"))));
    let events = vec![screened(Finding::Harmless), routed(Some("HR"), RoutedBy::Model)];
    when(vec![created_in(None)], system(), all.clone()).then_expect_events(events.clone());
    let after = folded([vec![created_in(None)], events].concat());
    let live = after.live().expect("it was created");
    assert_eq!((live.department(), live.status()), (Some(&dept("HR")), Status::Open));
    assert!(!live.is_triaged(), "somebody has to get it");
}

#[test]
fn a_harmful_one_is_flagged_and_a_doubtful_one_waits_for_a_person() {
    let harmful = triage(Some(screening(Finding::Harmful)), Some(routing(Some("IT"))));
    let flagged = TicketEvent::TicketFlagged { reason: Some(sealed("words")), by: FlaggedBy::Screening };
    let events = vec![screened(Finding::Harmful), flagged];
    when(vec![created_in(None)], system(), harmful.clone()).then_expect_events(events.clone());
    let given = [vec![created_in(None)], events].concat();
    assert!(folded(given.clone()).live().is_some_and(Live::is_triaged));
    when(given.clone(), system(), harmful).then_expect_events(vec![]);

    let doubtful = triage(Some(screening(Finding::Doubtful)), Some(routing(Some("IT"))));
    when(vec![created_in(None)], system(), doubtful.clone())
        .then_expect_events(vec![screened(Finding::Doubtful)]);
    let in_doubt = vec![created_in(None), screened(Finding::Doubtful)];
    assert!(folded(in_doubt.clone()).live().is_some_and(Live::is_triaged));
    when(in_doubt, system(), doubtful).then_expect_events(vec![]);

    // Once a person dropped the suspicion, models are asked only where it goes.
    let cleared = [given, vec![TicketEvent::FlagCleared {}]].concat();
    when(cleared, system(), triage(None, Some(routing(Some("IT")))))
        .then_expect_events(vec![routed(Some("IT"), RoutedBy::Model)]);
}

#[test]
fn what_whoever_filed_it_said_stands() {
    when(vec![created_in(Some("IT"))], system(), triage(None, Some(routing(Some("HR")))))
        .then_expect_events(vec![routed(Some("IT"), RoutedBy::Filing)]);
    let urgent = Routing { urgency: Some(Urgency::High), ..routing(Some("IT")) };
    let claimed = TicketEvent::PriorityChanged {
        urgency: Urgency::Low,
        impact: None,
        priority: Priority::Low,
        source: PrioritySource::Computed,
    };
    when(vec![created_in(None), claimed], system(), triage(None, Some(urgent)))
        .then_expect_events(vec![routed(Some("IT"), RoutedBy::Model)]);
}

#[test]
fn what_nobody_said_is_read_out_of_the_text() {
    let read = Routing { category: Some(HARDWARE), urgency: Some(Urgency::High), ..routing(Some("IT")) };
    let priority = TicketEvent::PriorityChanged {
        urgency: Urgency::Medium,
        impact: None,
        priority: Priority::High,
        source: PrioritySource::Ai,
    };
    when(vec![created_in(None)], system(), triage(None, Some(read))).then_expect_events(vec![
        routed(Some("IT"), RoutedBy::Model),
        TicketEvent::CategoryChanged { category: Some(HARDWARE) },
        priority,
    ]);
}

#[test]
fn where_nobody_can_tell_a_person_has_to_say() {
    let unsure = triage(None, Some(routing(None)));
    let events = vec![routed(None, RoutedBy::Nobody)];
    when(vec![created_in(None)], system(), unsure).then_expect_events(events.clone());
    let after = folded([vec![created_in(None)], events].concat());
    assert!(after.live().is_some_and(Live::is_triaged));
}

#[test]
fn models_do_not_touch_what_somebody_took_up() {
    for status in [Status::Assigned, Status::InProgress, Status::Resolved, Status::Closed] {
        let all = triage(Some(screening(Finding::Harmful)), Some(routing(Some("HR"))));
        when(ticket(status), system(), all).then_expect_events(vec![]);
    }
}

#[test]
fn nobody_speaks_for_a_model() {
    for by in [ada(), ivan(), root()] {
        for command in [triage, second] {
            let said = command(None, Some(routing(Some("IT"))));
            let refused = refusal(vec![created_in(Some("IT"))], by.clone(), said);
            assert_eq!(refused, TicketError::Forbidden("the desk itself"));
        }
    }
}

#[test]
fn another_model_answers_what_the_first_could_not_tell_and_is_asked_once() {
    let in_doubt = vec![created_in(None), screened(Finding::Doubtful)];
    assert_eq!(doubt(&in_doubt), Some(Doubt::Misuse));
    let both = |found, department| second(Some(screening(found)), Some(routing(department)));
    let harmless = vec![screened(Finding::Harmless), routed(Some("HR"), RoutedBy::Model)];
    when(in_doubt.clone(), system(), both(Finding::Harmless, Some("HR")))
        .then_expect_events(harmless.clone());
    let flagged = TicketEvent::TicketFlagged { reason: Some(sealed("words")), by: FlaggedBy::Screening };
    let harmful = vec![screened(Finding::Harmful), flagged];
    when(in_doubt.clone(), system(), both(Finding::Harmful, Some("HR"))).then_expect_events(harmful.clone());
    let doubtful = vec![screened(Finding::Doubtful)];
    when(in_doubt.clone(), system(), both(Finding::Doubtful, Some("HR")))
        .then_expect_events(doubtful.clone());
    // Only what is in doubt is answered.
    when(in_doubt.clone(), system(), second(None, Some(routing(Some("HR"))))).then_expect_events(vec![]);

    let nobodys = vec![created_in(None), screened(Finding::Harmless), routed(None, RoutedBy::Nobody)];
    assert_eq!(doubt(&nobodys), Some(Doubt::Department));
    let (known, unknown) = (routed(Some("HR"), RoutedBy::Model), routed(None, RoutedBy::Nobody));
    when(nobodys.clone(), system(), both(Finding::Harmful, Some("HR")))
        .then_expect_events(vec![known.clone()]);
    when(nobodys.clone(), system(), both(Finding::Harmful, None)).then_expect_events(vec![unknown.clone()]);

    let unsure = vec![screened(Finding::Harmless), unknown.clone()];
    for (given, then) in [
        (&in_doubt, harmless),
        (&in_doubt, harmful),
        (&in_doubt, doubtful),
        (&in_doubt, unsure),
        (&nobodys, vec![known]),
        (&nobodys, vec![unknown]),
    ] {
        let after = [given.clone(), then].concat();
        assert_eq!(doubt(&after), None, "{after:?}");
        for found in [Finding::Harmless, Finding::Harmful] {
            when(after.clone(), system(), both(found, Some("IT"))).then_expect_events(vec![]);
        }
    }
}

#[test]
fn another_model_says_nothing_where_somebody_did_or_the_first_was_sure() {
    let in_doubt = vec![created_in(None), screened(Finding::Doubtful)];
    let nobodys = vec![created_in(None), routed(None, RoutedBy::Nobody)];
    let transferred = TicketEvent::TicketTransferred { from: None, to: dept("IT"), note: None };
    for given in [in_doubt.clone(), nobodys] {
        for then in [
            vec![transferred.clone()],
            vec![flagged()],
            vec![assigned(Some(IVAN))],
            vec![assigned(Some(IVAN)), TicketEvent::TicketUnassigned {}],
        ] {
            let after = [given.clone(), then].concat();
            assert_eq!(doubt(&after), None, "{after:?}");
        }
    }
    let sure = [
        vec![created_in(None)],
        vec![created_in(None), screened(Finding::Harmful), flagged()],
        vec![created_in(None), screened(Finding::Harmless), routed(Some("IT"), RoutedBy::Model)],
        vec![created_in(Some("IT")), routed(Some("IT"), RoutedBy::Filing)],
    ];
    for given in sure {
        let said = second(Some(screening(Finding::Harmless)), Some(routing(Some("HR"))));
        when(given, system(), said).then_expect_events(vec![]);
    }
    // What is moved before anything looked is looked at all the same.
    let moved = vec![created_in(None), transferred, screened(Finding::Doubtful)];
    assert_eq!(doubt(&moved), Some(Doubt::Misuse));
    // Once a person dropped the suspicion, where it goes is a question anew.
    let cleared =
        [in_doubt, vec![flagged(), TicketEvent::FlagCleared {}, routed(None, RoutedBy::Nobody)]].concat();
    assert_eq!(doubt(&cleared), Some(Doubt::Department));
}
