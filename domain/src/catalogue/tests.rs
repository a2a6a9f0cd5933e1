//! The rules of entries, as given, when, then.

use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::values::{DEEPEST, Parent, parse_domain};
use super::*;
use crate::access::{Caller, Reach, Role};
use crate::id::UserId;
use crate::refusal::{Refusal as _, RefusalKind};

const DESK: Caller = Caller::System("test");
const THIS: EntryId = EntryId(Uuid::from_u128(1));
const OTHER: EntryId = EntryId(Uuid::from_u128(2));

fn code(code: &str) -> Code {
    code.parse().expect("a code")
}

fn given(events: impl IntoIterator<Item = EntryEvent>) -> Entry {
    let mut entry = Entry::default();
    for event in events {
        entry.apply(event);
    }
    entry
}

fn when(entry: &Entry, by: Caller, command: EntryCommand) -> Decision {
    entry.decide(Issued::new(by, DateTime::UNIX_EPOCH, command))
}

fn add_with(kind: EntryKind, details: DetailChanges) -> EntryCommand {
    EntryCommand::Add { id: THIS, kind, code: code("x-1"), name: "Something".to_owned(), details }
}

fn add(kind: EntryKind) -> EntryCommand {
    add_with(kind, DetailChanges::default())
}

/// An entry of `kind` that was just added.
fn entry(kind: EntryKind) -> Entry {
    given(when(&Entry::default(), DESK, add(kind)).expect("allowed"))
}

fn change(name: Option<&str>, is_active: Option<bool>, details: DetailChanges) -> EntryCommand {
    EntryCommand::Change { id: THIS, name: name.map(str::to_owned), is_active, details }
}

fn below(parent: Parent) -> DetailChanges {
    DetailChanges { parent: Change::Set(parent), ..DetailChanges::default() }
}

fn active(id: EntryId, above: Vec<EntryId>) -> Parent {
    Parent { id, is_active: true, above }
}

#[test]
fn an_entry_is_added_with_what_its_kind_says_unless_told_otherwise() {
    for kind in EntryKind::all() {
        let entry = entry(kind);
        let listed = entry.listed().expect("added");
        assert_eq!((listed.kind, listed.code.as_str(), listed.is_active), (kind, "X-1", true));
        assert_eq!(listed.details.takes_tickets, kind == EntryKind::Department);
        assert_eq!(when(&entry, DESK, add(kind)), Err(EntryError::AlreadyExists));
    }
}

#[test]
fn a_code_is_one_in_whatever_case_it_is_written() {
    assert_eq!(code(" it "), code("IT"));
    for bad in ["", "a b", "ä", "a.b", &"x".repeat(33)] {
        assert!(bad.parse::<Code>().is_err(), "{bad:?}");
    }
}

#[test]
fn each_kind_has_its_own_fields_and_refuses_others() {
    let tag = entry(EntryKind::Tag);
    let address =
        DetailChanges { address: Change::Set("Main Street 1".to_owned()), ..DetailChanges::default() };
    let refused = when(&tag, DESK, change(None, None, address.clone())).expect_err("refused");
    assert_eq!(refused, EntryError::NotOfThisKind { field: "address", kind: EntryKind::Tag });
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Invalid, "VALIDATION_ERROR"));
    assert_eq!(refused.to_string(), "address: is not known of tags; allowed: name");
    let changed = when(&entry(EntryKind::Building), DESK, change(None, None, address)).expect("allowed");
    assert!(matches!(&changed[..], [EntryEvent::EntryChanged { details, .. }] if details.address.is_some()));
}

#[test]
fn only_administrators_change_catalogues() {
    for role in [Role::User, Role::ItAgent, Role::HrAgent, Role::Agent] {
        let by =
            || Caller::Person { id: UserId::default(), role, departments: vec![], reach: Reach::default() };
        assert_eq!(when(&Entry::default(), by(), add(EntryKind::Tag)), Err(EntryError::Forbidden));
        let remove = EntryCommand::Remove { referred_to_by: vec![] };
        assert_eq!(when(&entry(EntryKind::Tag), by(), remove), Err(EntryError::Forbidden));
    }
}

#[test]
fn what_is_so_already_changes_nothing() {
    let tag = entry(EntryKind::Tag);
    assert_eq!(when(&tag, DESK, change(Some("Something"), Some(true), DetailChanges::default())), Ok(vec![]));
    let off = change(None, Some(false), DetailChanges::default());
    let events = when(&tag, DESK, off.clone()).expect("allowed");
    assert_eq!(events, [EntryEvent::EntryDeactivated {}]);
    let mut tag = tag;
    for event in events {
        tag.apply(event);
    }
    assert_eq!(when(&tag, DESK, off), Ok(vec![]));
    let on = change(None, Some(true), DetailChanges::default());
    assert_eq!(when(&tag, DESK, on), Ok(vec![EntryEvent::EntryActivated {}]));
}

#[test]
fn what_something_refers_to_is_not_removed() {
    let tag = entry(EntryKind::Tag);
    let references = vec![("tickets", 2), ("users", 1)];
    let refused = when(&tag, DESK, EntryCommand::Remove { referred_to_by: references }).expect_err("refused");
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "REFERENCED"));
    assert_eq!(refused.to_string(), "tickets (2), users (1) refer to it; deactivate it instead");
    let details = refused.details().expect("details");
    assert_eq!(details, serde_json::json!({ "referred_to_by": { "tickets": 2, "users": 1 } }));
    let removed = when(&tag, DESK, EntryCommand::Remove { referred_to_by: vec![] }).expect("allowed");
    let mut tag = tag;
    for event in removed {
        tag.apply(event);
    }
    assert!(tag.listed().is_none());
    let change = change(Some("Again"), None, DetailChanges::default());
    assert_eq!(when(&tag, DESK, change), Err(EntryError::NotFound));
    assert_eq!(when(&tag, DESK, add(EntryKind::Tag)), Err(EntryError::AlreadyExists));
}

#[test]
fn no_category_stands_above_itself() {
    let category = entry(EntryKind::Category);
    let put = |parent| when(&category, DESK, change(None, None, below(parent)));
    assert!(put(active(OTHER, vec![])).is_ok());
    for parent in [
        active(THIS, vec![]),
        active(OTHER, vec![THIS]),
        Parent { is_active: false, ..active(OTHER, vec![]) },
        active(OTHER, vec![EntryId(Uuid::from_u128(9)); DEEPEST]),
    ] {
        assert_eq!(put(parent.clone()), Err(EntryError::NoSuchParent), "{parent:?}");
    }
}

#[test]
fn members_and_domains_are_a_set() {
    let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
    let member_ids = Some(vec![ivan, ada, ivan]);
    let team = add_with(EntryKind::Team, DetailChanges { member_ids, ..DetailChanges::default() });
    let added = when(&Entry::default(), DESK, team).expect("allowed");
    assert!(
        matches!(&added[..], [EntryEvent::EntryAdded { details, .. }] if details.member_ids == [ada, ivan])
    );
    let many = Some(vec!["example.com".to_owned(); 501]);
    let many = add_with(EntryKind::Organization, DetailChanges { domains: many, ..DetailChanges::default() });
    assert_eq!(when(&Entry::default(), DESK, many), Err(EntryError::TooMany("domains")));
}

#[test]
fn a_domain_is_read_in_lower_case_or_refused() {
    assert_eq!(parse_domain(" Example.COM "), Ok("example.com".to_owned()));
    for bad in ["", "example", "@example.com", "-a.com", "a..com", "exämple.com", "a b.com"] {
        assert!(parse_domain(bad).is_err(), "{bad:?}");
    }
}

fn any_command() -> impl Strategy<Value = EntryCommand> {
    let kind = prop::sample::select(EntryKind::all().collect::<Vec<_>>());
    let details =
        (any::<Option<bool>>(), any::<Option<Option<bool>>>()).prop_map(|(takes_tickets, address)| {
            let given = |here: Option<bool>| here.map_or(Change::Clear, |here| Change::Set(here.to_string()));
            let address = address.map_or(Change::Keep, given);
            DetailChanges { takes_tickets, address, ..DetailChanges::default() }
        });
    let change = (any::<Option<bool>>(), details.clone());
    prop_oneof![
        (kind, details).prop_map(|(kind, details)| add_with(kind, details)),
        change.prop_map(|(is_active, details)| change_to(is_active, details)),
        (0..3i64).prop_map(|n| EntryCommand::Remove {
            referred_to_by: if n == 0 { vec![] } else { vec![("tickets", n)] },
        }),
    ]
}

fn change_to(is_active: Option<bool>, details: DetailChanges) -> EntryCommand {
    change(None, is_active, details)
}

proptest! {
    #[test]
    fn no_commands_panic_and_repeating_one_adds_nothing(commands in prop::collection::vec(any_command(), 0..12)) {
        let mut entry = Entry::default();
        for command in commands {
            if let Ok(events) = when(&entry, DESK, command.clone()) {
                for event in events {
                    entry.apply(event);
                }
                let again = when(&entry, DESK, command.clone());
                let added_before = matches!(command, EntryCommand::Add { .. });
                prop_assert!(again == Ok(vec![]) || added_before, "{command:?}: {again:?}");
            }
        }
    }
}
