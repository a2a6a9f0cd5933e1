//! What a registry must be, and what its steps do.

use serde_json::json;
use strum::IntoEnumIterator as _;

use super::*;
use crate::event::Event;
use crate::ticket::values::FlaggedBy;

const fn step_of(event_type: &'static str, from: i16) -> Step {
    Step { event_type, from, up: |_| (), down: |_| () }
}

/// A registry of tickets alone.
fn registry(types: &[(&'static str, i16)], steps: &[Step]) -> Registry {
    let (types, steps) = (types.to_vec().leak(), steps.to_vec().leak());
    Registry::new(vec![Family { stream: StreamType::Ticket, types, steps }].leak())
}

fn broken(types: &[(&'static str, i16)], steps: &[Step]) -> String {
    registry(types, steps).check().expect_err("broken").to_string()
}

#[test]
fn the_registry_of_this_version_is_whole() {
    assert_eq!(REGISTRY.check(), Ok(()));
    assert_eq!(REGISTRY.newest("TicketFlagged"), Some(2));
    assert_eq!(REGISTRY.newest("TicketTeleported"), None);
}

#[test]
fn a_broken_registry_says_what_is_wrong_in_one_line() {
    const A1_A2: &[Step] = &[step_of("A", 1), step_of("A", 2)];
    assert_eq!(registry(&[("A", 3), ("B", 1)], A1_A2).check(), Ok(()));
    let cases = [
        (broken(&[("A", 3)], &[step_of("A", 1)]), "no step leads from version 2 of A"),
        (broken(&[("A", 3)], &[step_of("A", 2)]), "no step leads from version 1 of A"),
        (broken(&[("A", 2)], A1_A2), "leads on from version 2 of A, whose versions are 1 to 2"),
        (broken(&[("A", 1)], &[step_of("A", 0)]), "leads on from version 0 of A, whose versions are 1 to 1"),
        (broken(&[("A", 1)], &[step_of("B", 1)]), "version 1 of B, which is no event type"),
        (broken(&[("A", 2)], &[step_of("A", 1), step_of("A", 1)]), "two steps lead on from version 1 of A"),
        (broken(&[("A", 1), ("A", 2)], &[step_of("A", 1)]), "two event types A"),
        (broken(&[("A", 0)], &[]), "the newest version of A is 0"),
    ];
    for (said, expected) in cases {
        assert!(said.contains(expected) && !said.contains('\n'), "{said:?} says {expected:?}");
    }
}

#[test]
fn steps_are_taken_one_after_the_other_in_both_directions() {
    fn grow(fields: &mut Fields) {
        let size = fields.len();
        fields.insert(format!("field {size}"), Value::Null);
    }
    fn shrink(fields: &mut Fields) {
        let newest = format!("field {}", fields.len() - 1);
        assert!(fields.remove(&newest).is_some(), "{newest} goes first");
    }
    const STEPS: &[Step] = &[
        Step { event_type: "A", from: 2, up: grow, down: shrink },
        Step { event_type: "A", from: 1, up: grow, down: shrink },
    ];
    let registry = registry(&[("A", 3)], STEPS);
    let (first, third) = (json!({}), json!({ "field 0": null, "field 1": null }));
    assert_eq!(registry.at_version("A", 1, &first, 3), Ok(third.clone()));
    assert_eq!(registry.at_version("A", 3, &third, 1), Ok(first));
    assert_eq!(registry.at_version("A", 3, &third, 3), Ok(third));
}

#[test]
fn what_cannot_be_had_is_said() {
    let flagged = json!({ "reason": null, "by": "person" });
    let ask = |event_type: &str, version, wanted| {
        REGISTRY.at_version(event_type, version, &flagged, wanted).expect_err("refused").to_string()
    };
    assert_eq!(ask("TicketTeleported", 1, 1), "there is no event type TicketTeleported");
    for (version, wanted, wrong) in [(2, 3, 3), (2, 0, 0), (3, 1, 3), (-1, 1, -1)] {
        let said = ask("TicketFlagged", version, wanted);
        assert_eq!(said, format!("TicketFlagged has no version {wrong}: its versions are 1 to 2"));
    }
    let refused = REGISTRY.at_version("TicketFlagged", 2, &json!([]), 1).expect_err("refused");
    assert_eq!(refused, CannotCast::NoFields("TicketFlagged".to_owned()));
}

/// What version 1 left unsaid is not made up: staff could flag, and the desk itself could.
#[test]
fn a_suspicion_of_version_1_was_raised_by_nobody_knows_whom() {
    let read = Event::read("ticket", "TicketFlagged", 1, r#"{"reason":null}"#).expect("readable");
    assert_eq!(read, TicketEvent::TicketFlagged { reason: None, by: FlaggedBy::Unknown }.into());
    for by in FlaggedBy::iter() {
        let newest = json!({ "reason": null, "by": <&str>::from(by) });
        assert_eq!(REGISTRY.at_version("TicketFlagged", 2, &newest, 1), Ok(json!({ "reason": null })));
    }
}

#[test]
fn an_older_payload_that_is_not_what_it_says_is_unreadable() {
    for (payload, reason) in [("[]", "expected a map"), (r#"{"reason":17}"#, "sealed text"), ("{", "EOF")] {
        let error = Event::read("ticket", "TicketFlagged", 1, payload).expect_err(payload).to_string();
        assert!(
            error.starts_with("TicketFlagged version 1 cannot be read") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn a_version_that_never_was_is_unknown() {
    for version in [i16::MIN, -1, 0, 3, i16::MAX] {
        let read = Event::read("ticket", "TicketFlagged", version, "{}").expect("no error");
        assert_eq!(read, Event::Unknown("TicketFlagged".into()), "{version}");
    }
}
