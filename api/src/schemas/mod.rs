//! The JSON Schemas of what leaves the desk as events: one per type and version, and the envelopes around them.
//!
//! The newest version of each type is described by the types themselves. Older ones cannot be any more: their
//! files in `api/schemas` are kept as they were when they were the newest, and never change. What a schema says
//! of a version is for ever, so another shape is another version.

mod catalogue;
mod envelope;
mod known;
mod newest;
mod older;
mod shape;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::event::StreamType;
use domain::evolution::REGISTRY;
use serde_json::{Value, json};

pub use self::catalogue::catalogue;
pub use self::known::{KnownVersions, NotVersions};
pub use self::shape::shape;

/// The dialect that all of them are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What one version of an event's fields looks like to a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSchema {
    /// The kind of stream it occurs in.
    pub stream: StreamType,
    /// The type.
    pub event_type: &'static str,
    /// The version of its fields.
    pub version: i16,
    /// The JSON Schema.
    pub schema: Value,
}

impl EventSchema {
    /// The name of its file, such as `TicketResolved.v1.json`.
    #[must_use]
    pub fn file(&self) -> String {
        file(self.event_type, self.version)
    }
}

fn file(event_type: &str, version: i16) -> String {
    format!("{event_type}.v{version}.json")
}

/// Where the desk serves the file: its `$id`.
fn address(file: &str) -> String {
    format!("/schemas/{file}")
}

static EVENTS: LazyLock<Vec<EventSchema>> = LazyLock::new(|| {
    let all: Vec<EventSchema> = older::all().chain(newest::all()).collect();
    let versions_of = |name| {
        let mut versions: Vec<_> = all.iter().filter(|event| event.event_type == name).cloned().collect();
        versions.sort_by_key(|event| event.version);
        versions
    };
    REGISTRY.types().flat_map(|(_, name, _)| versions_of(name)).collect()
});

static FILES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let events = EVENTS.iter().map(|event| (event.file(), event.schema.clone()));
    let envelopes = [envelope::envelope(), envelope::cloud_event()];
    events.chain(envelopes.map(|(file, schema)| (file.to_owned(), schema))).collect()
});

/// Every version of every type: the types as the registry has them, the oldest version of each first.
#[must_use]
pub fn events() -> &'static [EventSchema] {
    &EVENTS
}

/// Every schema by the name of its file, the envelopes' included.
#[must_use]
pub fn files() -> &'static BTreeMap<String, Value> {
    &FILES
}

/// Which schemas there are, and where.
#[must_use]
pub fn index() -> Value {
    let events: Vec<Value> = EVENTS
        .iter()
        .map(|event| {
            json!({
                "type": event.event_type,
                "version": event.version,
                "stream_type": event.stream.as_str(),
                "description": event.schema["description"],
                "schema": address(&event.file()),
            })
        })
        .collect();
    json!({
        "events": events,
        "envelope": address(envelope::ENVELOPE),
        "cloud_event": address(envelope::CLOUD_EVENT),
    })
}
