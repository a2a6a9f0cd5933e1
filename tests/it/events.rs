//! Stored events are for ever: one committed sample per type and version, read and written back by this code.
//!
//! `WRITE_SAMPLES=1 cargo test -p tests --test it samples` writes the missing ones. A sample that exists is
//! never written again: if it no longer fits, the code is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use domain::access::{Department, Role};
use domain::activity::{
    ActivityEvent, AuditPart, ExportedData, Revocation, SecondFactor, SignInMethod, SignInRefusal,
};
use domain::catalogue::EntryEvent;
use domain::catalogue::values::{Details, EntryKind};
use domain::conversation::ConversationEvent;
use domain::conversation::values::{Feedback, MessageType, SenderRole};
use domain::event::Event;
use domain::evolution::REGISTRY;
use domain::id::{EntryId, MessageId, TicketId, UserId};
use domain::scope::Scope;
use domain::sealed::{Cipher, Sealed, with_cipher};
use domain::setting::{SettingEvent, SettingValue};
use domain::ticket::TicketEvent;
use domain::ticket::values::{FlaggedBy, Impact, Priority, PrioritySource, ResolvedBy, Status, Urgency};
use domain::user::UserEvent;
use domain::user::values::{ErasureReason, PasswordChange};
use domain::workload::WorkloadEvent;
use serde_json::Value;
use uuid::Uuid;

/// Seals to the same text whenever asked, unlike the product's.
struct Base64;

impl Cipher for Base64 {
    fn seal(&self, _: UserId, plain: &str) -> Result<String, String> {
        Ok(BASE64.encode(plain))
    }

    fn open(&self, _: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        let bytes = BASE64.decode(cipher).map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map(|text| Some(text.into())).map_err(|error| error.to_string())
    }
}

/// Every type of every aggregate, with its stream's kind and its newest version.
fn types() -> Vec<(&'static str, &'static str, i16)> {
    REGISTRY.types().map(|(stream, name, newest)| (stream.as_str(), name, newest)).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// The samples there are, by file name.
pub(crate) fn committed() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder()).expect("tests/samples").map(|file| file.expect("a file").path());
    files
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("a sample"))
        })
        .collect()
}

const ADA: UserId = UserId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001));
const IVAN: UserId = UserId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0002));
const SESSION: Uuid = Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0004);
const MESSAGE: MessageId = MessageId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003));

fn sealed(text: &str) -> Sealed {
    Sealed::new(ADA, text)
}

fn at() -> DateTime<Utc> {
    "2026-01-01T09:00:00.123456Z".parse().expect("a time")
}

fn code(code: &str) -> Department {
    code.parse().expect("a department")
}

/// What the samples of versions that are not the newest are read as.
fn expected_of_older_versions() -> Vec<(&'static str, Event)> {
    let reason = Some(sealed("Because of größe & 🙂"));
    let details = || Details { shared_departments: vec![], ..details() };
    vec![
        ("TicketFlagged.v1.json", TicketEvent::TicketFlagged { reason, by: FlaggedBy::Unknown }.into()),
        ("TicketCreated.v1.json", created(None, None, None).into()),
        ("MessagePosted.v1.json", posted(vec![]).into()),
        ("EntryAdded.v1.json", added(details()).into()),
        ("EntryChanged.v1.json", changed(details()).into()),
    ]
}

fn created(
    category: Option<EntryId>,
    building: Option<EntryId>,
    organization: Option<EntryId>,
) -> TicketEvent {
    TicketEvent::TicketCreated {
        requester: ADA,
        title: sealed("The printer prints blank pages"),
        description: sealed("Since this morning.\nAll of them."),
        urgency: Urgency::High,
        priority: Priority::High,
        department: Some(code("IT")),
        category,
        building,
        organization,
    }
}

fn details() -> Details {
    Details {
        takes_tickets: true,
        address: Some("Main Street 1".to_owned()),
        department: Some(code("IT")),
        parent_id: Some(EntryId(Uuid::from_u128(7))),
        member_ids: vec![ADA, IVAN],
        domains: vec!["example.com".to_owned()],
        shared_departments: vec![code("IT")],
    }
}

fn added(details: Details) -> EntryEvent {
    let (kind, code) = (EntryKind::Category, code("NETWORK").into());
    EntryEvent::EntryAdded { kind, code, name: "Network".to_owned(), details }
}

fn changed(details: Details) -> EntryEvent {
    EntryEvent::EntryChanged { name: "Networks".to_owned(), details }
}

/// One event of each type of the newest version, with everything in it that it can hold.
pub(crate) fn examples() -> Vec<Event> {
    let tickets = ticket_examples().into_iter().map(Event::from);
    let messages = conversation_examples().into_iter().map(Event::from);
    let people = user_examples().into_iter().map(Event::from);
    let settings = setting_examples().into_iter().map(Event::from);
    let activity = activity_examples().into_iter().map(Event::from);
    let entries = entry_examples().into_iter().map(Event::from);
    let workload = workload_examples().into_iter().map(Event::from);
    let beside = settings.chain(activity).chain(entries).chain(workload);
    tickets.chain(messages).chain(people).chain(beside).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "events refer to entries or to none")]
fn entry(number: u128) -> Option<EntryId> {
    Some(EntryId(Uuid::from_u128(number)))
}

fn ticket_examples() -> Vec<TicketEvent> {
    use TicketEvent as E;
    let (into, reason) = (TicketId::new(at(), 4_711), || Some(sealed("Because of größe & 🙂")));
    vec![
        created(entry(7), entry(8), entry(9)),
        E::TicketDetailsEdited { title: Some(sealed("Blank pages")), description: Some(sealed("All day.")) },
        E::PriorityChanged {
            urgency: Urgency::Low,
            impact: Some(Impact::High),
            priority: Priority::Critical,
            source: PrioritySource::Manual,
        },
        E::TicketTransferred { from: Some(code("IT")), to: code("HR"), note: reason() },
        E::TicketAssigned { agent: Some(IVAN) },
        E::TicketUnassigned {},
        E::TeamAssigned { team: entry(10) },
        E::CategoryChanged { category: entry(7) },
        E::BuildingChanged { building: entry(8) },
        E::TagsChanged { tags: ["VPN", "WIFI"].map(|tag| code(tag).into()).to_vec() },
        E::StatusChanged { from: Status::InProgress, to: Status::WaitingOnCustomer, reason: reason() },
        E::TicketResolved {
            by: ResolvedBy::Agent,
            resolution: reason(),
            resolution_code: Some("fixed".to_owned()),
            at: at(),
        },
        E::TicketClosed { at: at() },
        E::TicketReopened { to: Status::Open, reason: reason() },
        E::FeedbackGiven { rating: Some(4), comment: reason(), at: at() },
        E::TicketFlagged { reason: reason(), by: FlaggedBy::Screening },
        E::FlagCleared {},
        E::MisuseConfirmed { at: at() },
        E::TicketMerged { into, at: at() },
        E::TicketUnmerged { to: Status::Assigned },
    ]
}

fn posted(mentions: Vec<UserId>) -> ConversationEvent {
    ConversationEvent::MessagePosted {
        message_id: MESSAGE,
        sender: Some(IVAN),
        sender_role: SenderRole::Agent,
        message_type: MessageType::AgentMessage,
        content: sealed("Have you tried turning it off?"),
        is_internal: true,
        is_ai: true,
        client_msg_id: Some("client-1".to_owned()),
        mentions,
    }
}

fn conversation_examples() -> Vec<ConversationEvent> {
    vec![
        posted(vec![ADA, IVAN]),
        ConversationEvent::MessageRedacted {
            message_id: MESSAGE,
            is_internal: true,
            destroyed_key: MESSAGE.0,
            left: Some(Sealed::with_own_key(ADA, IVAN.0, "Have you tried [redacted]?")),
            reason: Some(sealed("A name")),
        },
        ConversationEvent::MessageFeedbackSet { message_id: MESSAGE, by: ADA, feedback: Feedback::Up },
    ]
}

fn entry_examples() -> Vec<EntryEvent> {
    vec![
        added(details()),
        changed(details()),
        EntryEvent::EntryDeactivated {},
        EntryEvent::EntryActivated {},
        EntryEvent::EntryRemoved {},
    ]
}

fn setting_examples() -> Vec<SettingEvent> {
    let words = |words: &[&str]| SettingValue::Words(words.iter().map(ToString::to_string).collect());
    vec![
        SettingEvent::SettingChanged {
            name: "two_factor_required_for".to_owned(),
            from: words(&[]),
            to: words(&["agent", "admin"]),
        },
        SettingEvent::FeatureFlagChanged { name: "api_docs".to_owned(), on: false },
    ]
}

fn user_examples() -> Vec<UserEvent> {
    let departments = || vec![code("FACILITIES"), code("IT")];
    vec![
        UserEvent::UserCreated {
            username: sealed("ada"),
            email: sealed("ada@example.com"),
            role: Role::Agent,
            departments: departments(),
        },
        UserEvent::RoleChanged { role: Role::HrAgent, departments: departments() },
        UserEvent::UserRenamed { username: sealed("ada.lovelace") },
        UserEvent::EmailChanged { email: sealed("ada.lovelace@example.com") },
        UserEvent::ProfileChanged {
            locale: Some(sealed("en-GB")),
            timezone: Some(sealed("Europe/London")),
            signature: Some(sealed("Ada, countess of größe")),
        },
        UserEvent::UserPlaced { building: entry(8), organization: entry(9) },
        UserEvent::AvailabilityChanged { is_available: true, capacity: 12 },
        UserEvent::UserDeactivated {},
        UserEvent::UserActivated {},
        UserEvent::ServiceAccountDeclared {},
        UserEvent::ApiTokenIssued {
            token_id: MESSAGE.0,
            scopes: vec![Scope::TicketsRead, Scope::EventsRead],
            expires_at: at(),
            max_requests: Some(50),
        },
        UserEvent::ApiTokenRevoked { token_id: MESSAGE.0 },
        UserEvent::PasswordChanged { how: PasswordChange::Reset },
        UserEvent::UserDeleted {},
        UserEvent::UserErased { reason: ErasureReason::RequestOfPerson },
        UserEvent::IdentityLinked {
            provider: "google".to_owned(),
            identity: sealed("https://accounts.google.com 110169484474386276334"),
        },
        UserEvent::IdentityUnlinked { provider: "google".to_owned() },
        UserEvent::TwoFactorEnabled {},
        UserEvent::TwoFactorDisabled {},
        UserEvent::RecoveryCodesMade {},
        UserEvent::RecoveryCodeUsed {},
    ]
}

fn activity_examples() -> Vec<ActivityEvent> {
    use ActivityEvent as E;
    let (address, device) = (|| sealed("192.0.2.7"), || Some(sealed("Mozilla/5.0")));
    let (about, session) = (Some(ADA), SESSION);
    vec![
        E::SignedIn {
            user: ADA,
            method: SignInMethod::Password,
            second_factor: Some(SecondFactor::Totp),
            session,
            address: address(),
            device: device(),
        },
        E::SignInRefused {
            user: Some(ADA),
            method: SignInMethod::Openid,
            why: SignInRefusal::WrongSecondFactor,
            address: Some(address()),
            device: device(),
        },
        E::SignedOut { user: ADA, session: Some(session) },
        E::SessionRevoked { user: ADA, session, why: Revocation::PasswordChanged },
        E::TokenReused { user: ADA, session, address: address(), device: device() },
        E::AttemptsForgiven { user: ADA },
        E::AccessRefused { user: ADA, operation: "GET /api/v1/users/{id}".to_owned() },
        E::Exported { what: ExportedData::PersonalData, about },
        E::AuditRead { what: AuditPart::Activity, about },
    ]
}

fn workload_examples() -> Vec<WorkloadEvent> {
    vec![WorkloadEvent::WorkAssigned { agent: IVAN, ticket: TicketId::new(at(), 4_711) }]
}

/// The stored payload of `event`, and its file's name.
fn sample(event: &Event) -> (String, String) {
    let stored = with_cipher(Arc::new(Base64), || event.store()).expect("storable");
    let payload: Value = serde_json::from_str(&stored.payload).expect("JSON");
    let pretty = serde_json::to_string_pretty(&payload).expect("JSON") + "\n";
    (format!("{}.v{}.json", stored.event_type, stored.schema_version), pretty)
}

fn read(stream: &str, name: &str, version: i16, payload: &str) -> Event {
    let read = || Event::read(stream, name, version, payload);
    with_cipher(Arc::new(Base64), read).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_type_and_version_has_a_sample() {
    if std::env::var_os("WRITE_SAMPLES").is_some() {
        for (name, payload) in examples().iter().map(sample) {
            let path = folder().join(name);
            if !path.exists() {
                std::fs::write(path, payload).expect("written");
            }
        }
    }
    let versions = |newest| 1..=newest;
    let wanted: BTreeSet<String> = types()
        .into_iter()
        .flat_map(|(_, name, newest)| versions(newest).map(move |version| format!("{name}.v{version}.json")))
        .collect();
    let found: BTreeSet<String> = committed().into_keys().collect();
    assert_eq!(found, wanted, "tests/samples and the types there are");
}

#[test]
fn every_sample_reads_as_what_it_was_written_from() {
    let committed = committed();
    let mut checked = 0;
    for event in examples() {
        let (name, fresh) = sample(&event);
        let kept = committed.get(&name).unwrap_or_else(|| panic!("{name} is missing"));
        let (stream, event_type, newest) =
            *types().iter().find(|(_, of, _)| name.starts_with(&format!("{of}.v"))).expect("a known type");
        assert_eq!(read(stream, event_type, newest, kept), event, "{name}");
        let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(parsed(&fresh), parsed(kept), "{name} is stored as it was");
        checked += 1;
    }
    assert_eq!(checked, types().len(), "every type has an example");
}

/// Older versions of a type stay readable, too, whatever the newest stores.
#[test]
fn every_sample_of_every_version_is_read_and_stored_again() {
    let committed = committed();
    for (stream, name, newest) in types() {
        for version in 1..=newest {
            let file = format!("{name}.v{version}.json");
            let payload = committed.get(&file).unwrap_or_else(|| panic!("{file} is missing"));
            let event = read(stream, name, version, payload);
            let mut newest_ones = examples().into_iter().map(|event| (sample(&event).0, event));
            let mut older_ones =
                expected_of_older_versions().into_iter().map(|(name, event)| (name.to_owned(), event));
            let expected = if version == newest {
                newest_ones.find(|(name, _)| *name == file)
            } else {
                older_ones.find(|(name, _)| *name == file)
            };
            assert_eq!(Some((file.clone(), event.clone())), expected, "what {file} says");
            let again = with_cipher(Arc::new(Base64), || event.store()).expect("storable");
            assert_eq!((again.event_type.as_str(), again.schema_version), (name, newest), "{file}");
        }
    }
}

/// Bringing a payload up to date loses nothing: the way down gives it back to the letter.
#[test]
fn every_sample_goes_up_and_comes_down_again_as_it_was() {
    for (file, payload) in committed() {
        let (name, version) =
            file.strip_suffix(".json").and_then(|name| name.split_once(".v")).expect("a name and a version");
        let version: i16 = version.parse().expect("a version");
        let payload: Value = serde_json::from_str(&payload).expect("JSON");
        let newest = REGISTRY.newest(name).expect("a known type");
        for wanted in version..=newest {
            let up = REGISTRY.at_version(name, version, &payload, wanted).expect("a way up");
            assert_eq!(REGISTRY.at_version(name, wanted, &up, version), Ok(payload.clone()), "{file}");
        }
    }
}

#[test]
fn what_this_version_does_not_know_is_unknown_and_no_error() {
    let unknown = |name: &str| Event::Unknown(name.into());
    for stream in ["ticket", "conversation", "user", "asset"] {
        assert_eq!(read(stream, "TicketTeleported", 1, "{}"), unknown("TicketTeleported"), "{stream}");
    }
    for (stream, name, newest) in types() {
        assert_eq!(read(stream, name, newest + 1, "{\"x\":1}"), unknown(name), "a newer version of {name}");
        assert_eq!(read("asset", name, newest, "{}"), unknown(name), "{name} of another kind of stream");
    }
    assert!(unknown("TicketTeleported").store().is_err(), "what is not known is never written");
}

/// A field that a later version of the program added is no reason to refuse the event.
#[test]
fn a_field_that_is_not_known_is_passed_over() {
    let (name, payload) = sample(&examples()[0]);
    assert!(name.starts_with("TicketCreated"), "{name}");
    let payload = payload.replacen('{', "{ \"colour\": \"red\", ", 1);
    assert_eq!(read("ticket", "TicketCreated", 2, &payload), examples()[0]);
}
