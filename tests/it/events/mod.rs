//! Stored events are for ever: one committed sample per type and version, read and written back by this code.
//!
//! `WRITE_SAMPLES=1 cargo test -p tests --test it samples` writes the missing ones. A sample that exists is
//! never written again: if it no longer fits, the code is wrong.

mod answers;
mod examples;
mod knowledge;
mod misuse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::event::Event;
use domain::evolution::REGISTRY;
use domain::id::UserId;
use domain::sealed::{Cipher, with_cipher};
use serde_json::Value;

pub(crate) use self::examples::examples;
use self::examples::expected_of_older_versions;

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

/// A name that is misspelt there would leave a text unopened.
#[test]
fn every_type_whose_texts_a_read_model_shows_is_known_and_has_some() {
    for model in projections::all() {
        for name in model.texts_of().iter() {
            let example = examples().into_iter().find(|event| event.type_name() == *name);
            let subjects = example.map(|event| event.subjects().len());
            assert!(subjects.is_some_and(|subjects| subjects > 0), "{} shows texts of {name}", model.name());
        }
    }
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
