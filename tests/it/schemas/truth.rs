//! Events are what their schemas say, in every version, and what is not is found.

use std::process::Command;

use api::schemas::{self, KnownVersions};
use application::ledger::Ledger as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::event::Event;
use domain::evolution::REGISTRY;
use serde_json::{Value, json};
use tests::desk::JWT_SECRET;
use tests::postgres::{MASTER_KEY, TestDatabase, url};
use tests::process::Binary;

use super::{assert_valid, validator};
use crate::events::{committed, examples};

/// The fields of `event` in each version there is of its type, the newest as it is shown.
fn in_every_version(event: &Event) -> Vec<(&'static str, i16, Value)> {
    let newest = event.schema_version().expect("a known event");
    let shown = event.shown().expect("fields");
    let name = match event {
        Event::Ticket(event) => event.into(),
        Event::Conversation(event) => event.into(),
        Event::User(event) => event.into(),
        Event::Setting(event) => event.into(),
        Event::Activity(event) => event.into(),
        Event::Catalogue(event) => event.into(),
        Event::Workload(event) => event.into(),
        Event::Webhook(event) => event.into(),
        Event::Notification(event) => event.into(),
        Event::Article(event) => event.into(),
        Event::Reception(event) => event.into(),
        Event::Chat(event) => event.into(),
        Event::Suggestion(event) => event.into(),
        Event::Misuse(event) => event.into(),
        Event::Unknown(_) => unreachable!("it is known"),
    };
    let cast = |wanted| REGISTRY.at_version(name, newest, &shown, wanted).expect("a way down");
    (1..=newest).map(|wanted| (name, wanted, cast(wanted))).collect()
}

/// The fields of each committed sample, with its type and version.
fn samples() -> Vec<(String, i16, Value)> {
    let parse = |(file, text): (String, String)| {
        let (name, version) = file.strip_suffix(".json")?.split_once(".v")?;
        Some((name.to_owned(), version.parse().ok()?, serde_json::from_str(&text).ok()?))
    };
    let samples: Vec<_> = committed().into_iter().filter_map(parse).collect();
    assert_eq!(samples.len(), schemas::events().len(), "every sample is read");
    samples
}

#[test]
fn every_example_is_valid_in_every_version_a_consumer_may_ask_for() {
    for event in examples() {
        for (name, version, fields) in in_every_version(&event) {
            assert_valid(name, version, &fields);
            let known: KnownVersions = format!("{name}:{version}").parse().expect("versions");
            let shown = event.shown().expect("fields");
            let newest = event.schema_version().expect("a known event");
            assert_eq!(known.cast(name, newest, shown), (version, fields));
        }
    }
}

/// Stored as shown, but for texts, which are ciphertext where they are plain.
#[test]
fn every_sample_is_valid_and_so_is_one_that_says_as_little_as_it_may() {
    for (name, version, fields) in samples() {
        assert_valid(&name, version, &fields);
        let schema = &schemas::files()[&format!("{name}.v{version}.json")];
        let mut least = fields.clone();
        for (field, value) in least.as_object_mut().expect("fields") {
            if accepts_null(&schema["properties"][field]) {
                *value = Value::Null;
            }
        }
        assert_valid(&name, version, &least);
    }
}

fn accepts_null(field: &Value) -> bool {
    let alternatives = field["oneOf"].as_array().into_iter().flatten();
    let has_null = |types: &Value| types.as_array().is_some_and(|types| types.contains(&json!("null")));
    has_null(&field["type"]) || alternatives.into_iter().any(|one| one["type"] == "null")
}

/// A schema that accepted anything would be true of everything.
#[test]
fn what_lacks_a_field_or_has_another_kind_of_value_is_found() {
    for (name, version, fields) in samples() {
        let schema = validator(&name, version);
        assert!(!schema.is_valid(&json!([])), "{name}");
        for field in fields.as_object().expect("fields").keys() {
            let mut lacking = fields.clone();
            lacking.as_object_mut().expect("fields").remove(field);
            assert!(!schema.is_valid(&lacking), "{name} version {version} without {field}");
            for wrong in [json!({}), json!(-7), json!([[]])] {
                // What was set may be any whole number.
                if name == "SettingChanged" && field != "name" && wrong == -7 {
                    continue;
                }
                let mut other = fields.clone();
                other[field] = wrong;
                assert!(!schema.is_valid(&other), "{name} version {version}: {other}");
            }
        }
        let mut more = fields.clone();
        more["colour"] = json!("red");
        assert!(schema.is_valid(&more), "{name}: readers pass over what they do not know");
    }
}

/// Every event that the demo's people cause, read back from the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_the_demo_is_valid_in_every_version() {
    let test = TestDatabase::create().await;
    let output = Command::new(Binary::path())
        .arg("demo")
        .env("DATABASE_URL", url(&test.options))
        .env("MASTER_KEY", BASE64.encode(MASTER_KEY))
        .env("JWT_SECRET", JWT_SECRET)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = test.log().await;
    let head = log.head().await.expect("a head");
    let events = log.read_range(1, head).await.expect("readable");
    assert!(events.len() > 200, "{} events", events.len());
    for recorded in events {
        for (name, version, fields) in in_every_version(&recorded.event) {
            assert_valid(name, version, &fields);
            // Texts are people's words here, not what the log keeps.
            assert!(!fields.to_string().contains(&format!("{}:", recorded.stream.simple())));
        }
    }
    log.close().await;
}
