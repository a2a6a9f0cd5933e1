//! The messages of the channels: each type's event in the desk's envelope and as a `CloudEvent`, and pages of them.
//!
//! References are relative to the document, and so lead to the schemas both where it is served and where it is
//! committed.

use domain::evolution::REGISTRY;
use serde_json::{Map, Value, json};

use crate::schemas::{self, EventSchema};

/// All messages by name.
pub(super) fn all() -> Map<String, Value> {
    let types = types().flat_map(|event| {
        let name = event.event_type;
        [(name.to_owned(), in_envelope(event)), (cloud_event(name), as_cloud_event(event))]
    });
    types.chain([("Events".to_owned(), page()), (cloud_event("Events"), batch())]).collect()
}

/// The name of the message that brings what `name` does as a `CloudEvent`.
pub(super) fn cloud_event(name: &str) -> String {
    format!("{name}.cloudevent")
}

/// References to the messages called `names`, as a channel has them.
pub(super) fn references(names: impl Iterator<Item = String>) -> Map<String, Value> {
    let reference = |name: &String| json!({ "$ref": format!("#/components/messages/{name}") });
    names.map(|name| (name.clone(), reference(&name))).collect()
}

/// The newest version of every type.
fn types() -> impl Iterator<Item = &'static EventSchema> {
    let is_newest = |event: &&EventSchema| REGISTRY.newest(event.event_type) == Some(event.version);
    schemas::events().iter().filter(is_newest)
}

fn in_envelope(event: &EventSchema) -> Value {
    message(
        event,
        "application/json",
        &json!({
            "allOf": [{ "$ref": "schemas/Envelope.json" }],
            "properties": {
                "type": { "const": event.event_type },
                "schema": { "const": event.version },
                "data": { "$ref": format!("schemas/{}", event.file()) },
            },
        }),
    )
}

/// `dataschema` says which version it is: NATS has each event as it was stored.
fn as_cloud_event(event: &EventSchema) -> Value {
    let versions = schemas::events().iter().filter(|other| other.event_type == event.event_type);
    let versions: Vec<String> = versions.map(|version| format!("/schemas/{}", version.file())).collect();
    message(
        event,
        "application/cloudevents+json",
        &json!({
            "allOf": [{ "$ref": "schemas/CloudEvent.json" }],
            "properties": {
                "type": { "const": format!("ledgerdesk.{}", event.event_type) },
                "dataschema": { "enum": versions },
            },
        }),
    )
}

fn message(event: &EventSchema, content_type: &str, payload: &Value) -> Value {
    json!({
        "name": event.event_type,
        "title": event.event_type,
        "summary": event.schema["description"],
        "contentType": content_type,
        "payload": payload,
    })
}

fn page() -> Value {
    let position = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    json!({
        "name": "Events",
        "title": "Events behind a place",
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "required": ["events", "next_after", "head", "cursor"],
            "properties": {
                "events": { "type": "array", "items": { "$ref": "schemas/Envelope.json" } },
                "next_after": position("Where to go on."),
                "head": position("The position of the newest event."),
                "cursor": {
                    "type": "string",
                    "description": "`next_after` as a cursor, which also notices that the log was restored.",
                },
            },
        },
    })
}

fn batch() -> Value {
    json!({
        "name": "Events",
        "title": "Events behind a place, as a batch of CloudEvents",
        "contentType": "application/cloudevents-batch+json",
        "payload": { "type": "array", "items": { "$ref": "schemas/CloudEvent.json" } },
    })
}
