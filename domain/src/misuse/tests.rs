//! The rule that finds misuse, as a table; and the reports, as given, when, then.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::pattern::{Found, Looked, Suspicion, confirmed, suspect};
use super::values::{MisuseType, Patterns, ReportId, ReportSource, Severity};
use super::*;
use crate::access::{Reach, Role};
use crate::ticket::values::Harm;

const ADA: UserId = UserId(Uuid::from_u128(1));
const DESK: Caller = Caller::System("test");
const LONG: &str = "It has done so since this morning.";

fn ticket(number: u32) -> TicketId {
    TicketId::new(DateTime::UNIX_EPOCH, number)
}

/// Tickets of these titles and descriptions, with what screening found in them.
fn filed(tickets: &[(&str, &str, Option<Harm>)]) -> Vec<Looked> {
    let looked = |(number, (title, description, harm)): (u32, &(&str, &str, Option<Harm>))| Looked {
        ticket: ticket(number),
        title: (*title).to_owned(),
        description: (*description).to_owned(),
        found: harm.map(|harm| Found {
            harm,
            model: "local-1".to_owned(),
            confidence: 0.9,
            reasons: Some("a word".to_owned()),
        }),
    };
    (0..).zip(tickets).map(looked).collect()
}

/// So many tickets, no two of which are alike, of which the first ones are `first`.
fn among<'t>(first: &[(&'t str, &'t str, Option<Harm>)], all: usize) -> Vec<Looked> {
    let mut tickets = filed(first);
    for number in u32::try_from(first.len()).expect("few")..u32::try_from(all).expect("few") {
        let title = format!("Problem {number}");
        tickets.push(Looked { ticket: ticket(number), title, description: LONG.to_owned(), found: None });
    }
    tickets
}

fn found(tickets: &[Looked], hours: i64) -> Option<(MisuseType, Severity, usize)> {
    let suspicion = suspect(tickets, TimeDelta::hours(hours))?;
    Some((suspicion.misuse_type, suspicion.severity, suspicion.tickets.len()))
}

#[test]
fn the_rule_is_a_table() {
    use MisuseType::{AbusiveLanguage, DuplicateTickets, JailbreakAttempt, SpamContent};
    use Severity::{High, Low, Medium};
    let (spam, abuse, orders) = (Some(Harm::Spam), Some(Harm::Abuse), Some(Harm::Injection));
    let same = ("The printer is dead", LONG, None);
    let short = |title| (title, " ok \n", None);
    let table = [
        ("nothing", among(&[], 0), 24, None),
        ("nine problems of a day", among(&[], 9), 24, None),
        ("ten of a day", among(&[], 10), 24, Some((SpamContent, Low, 10))),
        ("ten of two days", among(&[], 10), 25, None),
        ("ten of an hour", among(&[], 10), 1, Some((SpamContent, Low, 10))),
        ("twenty", among(&[], 20), 24, Some((SpamContent, Medium, 20))),
        ("forty", among(&[], 40), 24, Some((SpamContent, High, 40))),
        ("two of a title", among(&[same, same], 4), 24, None),
        ("three of a title", among(&[same, same, same], 4), 24, Some((DuplicateTickets, Low, 3))),
        (
            "which differ in what is between the words",
            among(&[same, ("THE printer -- is dead!", LONG, None), (" the Printer is: dead", LONG, None)], 4),
            24,
            Some((DuplicateTickets, Low, 3)),
        ),
        ("six of a title", among(&[same; 6], 6), 24, Some((DuplicateTickets, Medium, 6))),
        ("twelve of a title", among(&[same; 12], 12), 24, Some((DuplicateTickets, High, 12))),
        (
            "titles without words",
            among(&[("???", LONG, None), ("!!!", LONG, None), ("...", LONG, None)], 3),
            24,
            None,
        ),
        ("two that say nothing", among(&[short("a b"), short("c d")], 2), 24, None),
        ("three", among(&[short("a b"), short("c d"), short("e f")], 6), 24, Some((SpamContent, Low, 3))),
        ("three among many", among(&[short("a b"), short("c d"), short("e f")], 7), 24, None),
        ("spam", among(&[("Win", LONG, spam)], 2), 24, Some((SpamContent, Low, 1))),
        (
            "three times",
            among(&[("Win", LONG, spam), ("A", LONG, spam), ("B", LONG, spam)], 3),
            24,
            Some((SpamContent, Medium, 3)),
        ),
        ("an insult", among(&[("You", LONG, abuse)], 2), 24, Some((AbusiveLanguage, Medium, 1))),
        (
            "an order to a model",
            among(&[("Ignore", LONG, orders)], 2),
            24,
            Some((JailbreakAttempt, Medium, 1)),
        ),
        (
            "the gravest of both",
            among(&[("Win", LONG, spam), ("Ignore", LONG, orders)], 3),
            24,
            Some((JailbreakAttempt, Medium, 2)),
        ),
        (
            "of two that are as grave",
            among(&[("You", LONG, abuse), ("Ignore", LONG, orders)], 3),
            24,
            Some((JailbreakAttempt, Medium, 2)),
        ),
        (
            "three insults are graver than an order",
            among(&[("Ignore", LONG, orders), ("A", LONG, abuse), ("B", LONG, abuse), ("C", LONG, abuse)], 4),
            24,
            Some((AbusiveLanguage, High, 4)),
        ),
    ];
    for (what, tickets, hours, expected) in table {
        assert_eq!(found(&tickets, hours), expected, "{what}");
    }
}

#[test]
fn a_suspicion_says_what_it_rests_on() {
    let same = ("The printer is dead", LONG, None);
    let tickets = among(&[same, same, same, ("You", "x", Some(Harm::Abuse))], 5);
    let suspicion = suspect(&tickets, TimeDelta::minutes(90)).expect("something");
    let patterns = Patterns {
        window_hours: 2,
        tickets: 5,
        high_volume: false,
        same_title: 3,
        short_description: 1,
        spam: 0,
        abuse: 1,
        injection: 0,
    };
    assert_eq!(
        suspicion,
        Suspicion {
            misuse_type: MisuseType::AbusiveLanguage,
            severity: Severity::Medium,
            tickets: [3, 0, 1, 2].map(ticket).to_vec(),
            samples: vec!["You: x".to_owned()],
            patterns,
            reasoning: "1 ticket is abusive (a word); 3 tickets have a title that others have, too"
                .to_owned(),
            model: Some("local-1".to_owned()),
            confidence: 0.9,
        }
    );
    let counted = suspect(&tickets[..3], TimeDelta::days(1)).expect("something");
    assert_eq!((counted.model.as_deref(), counted.confidence), (Some("rules"), 0.5));
    assert_eq!(counted.samples[0], format!("The printer is dead: {LONG}"));
    let long = filed(&[("Größe", &"ß ".repeat(400), Some(Harm::Spam))]);
    let sample = suspect(&long, TimeDelta::days(1)).expect("something").samples.remove(0);
    assert!(sample.chars().count() <= 241 && sample.ends_with('…'), "{sample}");
    let many = suspect(&among(&[], 300), TimeDelta::days(1)).expect("something");
    assert_eq!((many.tickets.len(), many.samples.len(), many.patterns.tickets), (50, 5, 300));
}

#[test]
fn what_was_confirmed_is_grave_and_of_the_kind_that_was_found() {
    for (harm, kind) in [
        (None, MisuseType::SpamContent),
        (Some(Harm::Spam), MisuseType::SpamContent),
        (Some(Harm::Abuse), MisuseType::AbusiveLanguage),
        (Some(Harm::Injection), MisuseType::JailbreakAttempt),
    ] {
        let suspicion = confirmed(&filed(&[("Title", LONG, harm)])[0]);
        assert_eq!((suspicion.misuse_type, suspicion.severity), (kind, Severity::High));
        assert_eq!((suspicion.confidence, suspicion.model.is_some()), (1.0, harm.is_some()));
    }
}

fn person(role: Role) -> Caller {
    Caller::Person { id: UserId(Uuid::from_u128(9)), role, departments: vec![], reach: Reach::default() }
}

fn filing(tickets: &[(&str, &str, Option<Harm>)]) -> Box<Filing> {
    let looked = filed(tickets);
    let suspicion = suspect(&looked, TimeDelta::days(1)).expect("something");
    let day = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a day");
    Box::new(Filing { user: ADA, day, suspicion, analyzed_at: DateTime::UNIX_EPOCH })
}

/// What misuse of the ticket `number` was confirmed.
fn confirmation(number: u32) -> Box<Filing> {
    let looked = Looked { ticket: ticket(number), ..filed(&[("Title", LONG, None)]).remove(0) };
    let suspicion = confirmed(&looked);
    Box::new(Filing { suspicion, ..*filing(&[("Win", LONG, Some(Harm::Spam))]) })
}

fn when(state: &Report, by: &Caller, command: ReportCommand) -> Decision {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
    state.decide(Issued::new(by.clone(), now, command))
}

fn after(mut state: Report, by: &Caller, command: ReportCommand) -> Report {
    for event in when(&state, by, command).expect("allowed") {
        state.apply(event);
    }
    state
}

fn reported() -> Report {
    after(Report::default(), &DESK, ReportCommand::File(filing(&[("Win", LONG, Some(Harm::Spam))])))
}

#[test]
fn the_desk_alone_files_and_one_of_a_day_is_enough() {
    let file = || ReportCommand::File(filing(&[("Win", LONG, Some(Harm::Spam))]));
    for role in [Role::User, Role::Admin] {
        assert_eq!(when(&Report::default(), &person(role), file()), Err(ReportError::DeskOnly));
    }
    let events = when(&Report::default(), &DESK, file()).expect("allowed");
    assert!(matches!(&events[..], [MisuseEvent::MisuseReported { source: ReportSource::Detection, .. }]));
    let other = ReportCommand::File(filing(&[("Ignore", LONG, Some(Harm::Injection))]));
    assert_eq!(when(&reported(), &DESK, other), Ok(vec![]));
}

#[test]
fn a_confirmed_ticket_joins_the_report_of_the_day_and_has_to_be_looked_at() {
    let first = when(&Report::default(), &DESK, ReportCommand::Confirm(confirmation(7))).expect("allowed");
    assert!(matches!(&first[..], [MisuseEvent::MisuseReported { source: ReportSource::Confirmation, .. }]));
    let reviewed =
        after(reported(), &person(Role::Admin), ReportCommand::MarkReviewed { action_taken: None });
    let joined = when(&reviewed, &DESK, ReportCommand::Confirm(confirmation(7))).expect("allowed");
    let [MisuseEvent::MisuseEvidenceAdded { ticket: added, severity, .. }] = &joined[..] else {
        panic!("{joined:?}")
    };
    assert_eq!((*added, *severity), (ticket(7), Severity::High));
    let joined = after(reviewed, &DESK, ReportCommand::Confirm(confirmation(7)));
    assert_eq!(when(&joined, &DESK, ReportCommand::Confirm(confirmation(7))), Ok(vec![]));
    let again = when(&joined, &person(Role::Admin), ReportCommand::MarkReviewed { action_taken: None });
    assert_eq!(again.map(|events| events.len()), Ok(1), "nobody has seen what joined");
    // Ticket 0 was in the report from the beginning.
    assert_eq!(when(&reported(), &DESK, ReportCommand::Confirm(confirmation(0))), Ok(vec![]));
}

#[test]
fn administrators_review_and_what_they_did_stands_until_they_say_something_else() {
    let review =
        |action: Option<&str>| ReportCommand::MarkReviewed { action_taken: action.map(str::to_owned) };
    let admin = person(Role::Admin);
    for role in [Role::User, Role::ItAgent] {
        assert_eq!(when(&reported(), &person(role), review(None)), Err(ReportError::Forbidden));
    }
    assert_eq!(when(&Report::default(), &admin, review(None)), Err(ReportError::NotFound));
    let reviewed = after(reported(), &admin, review(Some("Talked to them")));
    for same in [None, Some("Talked to them")] {
        assert_eq!(when(&reviewed, &admin, review(same)), Ok(vec![]), "{same:?}");
    }
    assert_eq!(when(&reviewed, &admin, review(Some("Blocked"))).map(|events| events.len()), Ok(1));
}

#[test]
fn a_report_is_one_of_a_person_and_a_day() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).expect("a day");
    assert_eq!(ReportId::of(ADA, day(10)), ReportId::of(ADA, day(10)));
    assert_ne!(ReportId::of(ADA, day(10)), ReportId::of(ADA, day(11)));
    assert_ne!(ReportId::of(ADA, day(10)), ReportId::of(UserId(Uuid::from_u128(2)), day(10)));
    // Stored for ever: another value would be a second report of the same day.
    assert_eq!(ReportId::of(ADA, day(10)).to_string(), "ca9ca495-d8c4-5a76-a3f5-62d1ff71565c");
}

proptest! {
    #[test]
    fn repeating_a_command_adds_no_event(steps in prop::collection::vec((0_u8..3, 0_u32..3), 0..12)) {
        let mut state = Report::default();
        for (step, number) in steps {
            let (by, command) = match step {
                0 => (DESK, ReportCommand::File(filing(&[("Win", LONG, Some(Harm::Spam))]))),
                1 => (DESK, ReportCommand::Confirm(confirmation(number))),
                _ => {
                    let action_taken = (number > 0).then(|| format!("Action {number}"));
                    (person(Role::Admin), ReportCommand::MarkReviewed { action_taken })
                }
            };
            for event in when(&state, &by, command.clone()).unwrap_or_default() {
                state.apply(event);
            }
            prop_assert_eq!(when(&state, &by, command).unwrap_or_default(), vec![]);
        }
    }

    #[test]
    fn any_tickets_are_looked_at_without_panic(texts in prop::collection::vec((".{0,40}", ".{0,400}"), 0..20), minutes in 0_i64..100_000) {
        let tickets: Vec<_> = texts.iter().map(|(title, text)| (title.as_str(), text.as_str(), None)).collect();
        if let Some(suspicion) = suspect(&filed(&tickets), TimeDelta::minutes(minutes)) {
            prop_assert!((0.0..=1.0).contains(&suspicion.confidence) && !suspicion.tickets.is_empty());
        }
    }
}
