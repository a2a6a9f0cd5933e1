//! The schemas and the documents about them, as committed, as served, as printed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use api::schemas::{self, shape};
use domain::evolution::REGISTRY;
use reqwest::Method;
use serde_json::Value;
use tests::desk::TestDesk;
use tests::process::{Binary, scratch};

use super::{committed, folder};

fn ledgerdesk(arguments: &[&str]) -> Output {
    Command::new(Binary::path()).args(arguments).output().expect("the binary runs")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default()
}

#[test]
fn every_version_of_every_type_has_one_schema() {
    let wanted: Vec<(&str, i16)> = REGISTRY
        .types()
        .flat_map(|(_, name, newest)| (1..=newest).map(move |version| (name, version)))
        .collect();
    let found: Vec<(&str, i16)> =
        schemas::events().iter().map(|event| (event.event_type, event.version)).collect();
    assert_eq!(found, wanted, "a version that is not the newest any more goes to api/src/schemas/older.rs");
}

/// What stored events look like never changes under their version's name.
#[test]
fn a_version_that_was_published_keeps_its_shape() {
    for event in schemas::events() {
        let file = event.file();
        assert_eq!(
            shape(&event.schema),
            shape(&committed(&file)),
            "{file} was published with another shape: raise the version in TYPES (CONTRIBUTING.md, An event)"
        );
    }
}

#[test]
fn the_committed_schemas_are_what_the_program_says() {
    let mut expected: BTreeSet<String> = schemas::files().keys().cloned().collect();
    for (file, schema) in schemas::files() {
        assert!(committed(file) == *schema, "{file}: run `make gen` and look at what changed");
        assert_eq!(schema["$id"], format!("/schemas/{file}"));
    }
    assert!(committed("index.json") == schemas::index(), "index.json: run `make gen`");
    expected.insert("index.json".to_owned());
    let files =
        std::fs::read_dir(folder()).expect("api/schemas").map(|file| file.expect("a file").file_name());
    let files: BTreeSet<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(files, expected, "api/schemas");
}

#[test]
fn the_committed_documents_are_what_the_program_says() {
    let committed: Value = serde_json::from_str(&read("api/asyncapi.json")).expect("JSON");
    assert!(committed == api::asyncapi(), "api/asyncapi.json: run `make gen` and look at what changed");
    assert!(
        read("docs/events.md").trim_end() == schemas::catalogue().trim_end(),
        "docs/events.md: run `make gen` and look at what changed"
    );
}

#[test]
fn every_schema_is_one_and_refers_to_nothing_outside() {
    for (file, schema) in schemas::files() {
        assert!(jsonschema::meta::is_valid(schema), "{file}");
        jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut places = Vec::new();
        references(schema, &mut places);
        for place in places {
            let pointer = place.strip_prefix('#').unwrap_or_else(|| panic!("{file}: {place}"));
            assert!(schema.pointer(pointer).is_some_and(Value::is_object), "{file}: {place}");
        }
    }
}

/// All that `value` refers to.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
        _ => {}
    }
}

#[test]
fn the_description_of_the_channels_is_whole() {
    let document = api::asyncapi();
    assert_eq!(document["asyncapi"], "3.0.0");
    let mut places = Vec::new();
    references(&document, &mut places);
    for place in places {
        let found = match place.strip_prefix('#') {
            Some(pointer) => document.pointer(pointer).is_some(),
            // Beside the document, both where it is committed and where it is served.
            None => place.strip_prefix("schemas/").is_some_and(|file| schemas::files().contains_key(file)),
        };
        assert!(found, "{place} leads nowhere");
    }
    let names = |place: &str| -> BTreeSet<String> {
        let members = document.pointer(place).and_then(Value::as_object).expect("an object");
        members.keys().cloned().collect()
    };
    let types = |name: &str| [name.to_owned(), format!("{name}.cloudevent")];
    let mut all: BTreeSet<String> = REGISTRY.types().flat_map(|(_, name, _)| types(name)).collect();
    assert_eq!(names("/channels/stream/messages"), all);
    let relayed = all.iter().filter(|name| name.ends_with(".cloudevent")).cloned().collect();
    assert_eq!(names("/channels/subjects/messages"), relayed);
    all.extend(types("Events"));
    assert_eq!(names("/components/messages"), all);
    for (_, channel) in document["channels"].as_object().expect("channels") {
        let address = channel["address"].as_str().expect("an address");
        let in_address: BTreeSet<String> =
            address.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        let described: Option<BTreeSet<String>> =
            channel["parameters"].as_object().map(|them| them.keys().cloned().collect());
        assert_eq!(described.unwrap_or_default(), in_address, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_reads_the_schemas_and_the_description() {
    let desk = TestDesk::open().await;
    let get = async |path: &str| desk.send(desk.request(None, Method::GET, path)).await;
    let index = get("/schemas").await.expect(200);
    assert_eq!(index.body, schemas::index());
    for event in index.body["events"].as_array().expect("events") {
        let path = event["schema"].as_str().expect("an address");
        let schema = get(path).await.expect(200);
        assert_eq!(schema.header("content-type"), "application/schema+json");
        assert_eq!(schema.body["$id"], path);
    }
    for path in [&index.body["envelope"], &index.body["cloud_event"]] {
        let _ = get(path.as_str().expect("an address")).await.expect(200);
    }
    assert_eq!(get("/asyncapi.json").await.expect(200).body, api::asyncapi());
    for wrong in [
        "/schemas/TicketFlagged.v3.json",
        "/schemas/TicketFlagged.v0.json",
        "/schemas/TicketFlagged",
        "/schemas/ticketflagged.v1.json",
        "/schemas/..%2F..%2FCargo.toml",
        "/schemas/%00",
        "/schemas/%ff",
    ] {
        let refused = get(wrong).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (404, "NOT_FOUND"),
            "{wrong}: {}",
            refused.body
        );
    }
    let refused = desk.send(desk.request(None, Method::POST, "/schemas/TicketFlagged.v1.json")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (405, "METHOD_NOT_ALLOWED"));
    desk.close().await;
}

#[test]
fn the_command_line_prints_and_writes_them() {
    let json = |arguments: &[&str]| -> Value {
        let output = ledgerdesk(arguments);
        assert!(output.status.success(), "{arguments:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    assert_eq!(json(&["asyncapi"]), api::asyncapi());
    let all = json(&["schemas", "--output", "json"]);
    assert_eq!(all.as_object().expect("schemas").len(), schemas::files().len());
    let folder = scratch("schemas");
    let written = folder.path().join("new");
    let told = json(&["schemas", "--dir", written.to_str().expect("UTF-8"), "--output", "json"]);
    assert_eq!(told["files"], schemas::files().len() + 1);

    let changed = written.join("TicketClosed.v1.json");
    std::fs::write(&changed, r#"{"type":"string"}"#).expect("written");
    for (target, complaint) in [(written.as_path(), "raise the version"), (&changed, "TicketClosed.v1.json")]
    {
        let refused = ledgerdesk(&["schemas", "--dir", target.to_str().expect("UTF-8")]);
        let said = String::from_utf8(refused.stderr).expect("text");
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("error: ") && said.lines().count() == 1 && said.contains(complaint),
            "{said}"
        );
    }
}
