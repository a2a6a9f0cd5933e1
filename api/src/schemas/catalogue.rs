//! The catalogue of events for people, made of their schemas.

use std::fmt::Write as _;

use serde_json::Value;

use super::{EventSchema, events};

const PREFACE: &str = "# Events

Everything that happens on the desk is one of these events, as readers see them: in `GET /api/v1/events`, its stream,
and NATS. This page is made of the program's own types (`make gen`), as are the JSON Schemas beside each
version; the desk serves them at `/schemas`, and describes its channels at `/asyncapi.json`.

A version never changes. A newer one may have other fields, and a reader that knows only an older one asks for it:
`schema=TicketFlagged:1`. Readers pass over fields and types that they do not know. Every field is always there, null
where there is nothing to say; texts about a person read `[erased]` once the person was erased.
";

/// The catalogue, in Markdown.
#[must_use]
pub fn catalogue() -> String {
    let mut text = PREFACE.to_owned();
    for (number, event) in events().iter().enumerate() {
        if number == 0 || events()[number - 1].stream != event.stream {
            let _ = write!(text, "\n## Streams of the kind `{}`\n", event.stream.as_str());
        }
        let is_newest = events().get(number + 1).is_none_or(|next| next.event_type != event.event_type);
        if is_newest {
            text.push_str(&entry(event));
        }
    }
    text
}

/// The newest version of a type, with links to all of them.
fn entry(event: &EventSchema) -> String {
    let mut text = format!("\n### {}\n\n{}\n", event.event_type, said(&event.schema));
    let fields = event.schema["properties"].as_object();
    if let Some(fields) = fields.filter(|fields| !fields.is_empty()) {
        text.push_str("\n| field | what it is | |\n|---|---|---|\n");
        for (name, field) in fields {
            let _ = writeln!(text, "| `{name}` | {} | {} |", kind(field, &event.schema), said(field));
        }
    }
    let versions = events().iter().filter(|other| other.event_type == event.event_type);
    let links = versions
        .map(|version| format!("[version {}](../api/schemas/{})", version.version, version.file()))
        .collect::<Vec<_>>();
    let _ = writeln!(text, "\n{}", links.join(", "));
    text
}

fn said(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a field holds, in words.
fn kind(field: &Value, schema: &Value) -> String {
    if let Some(name) = field["$ref"].as_str() {
        let place = name.trim_start_matches('#');
        return if place.ends_with("/PersonalText") {
            "text about a person".to_owned()
        } else {
            schema.pointer(place).map(|named| kind(named, schema)).unwrap_or_default()
        };
    }
    if let Some(words) = field["enum"].as_array() {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    if let Some(alternatives) = field["oneOf"].as_array() {
        return alternatives.iter().map(|one| kind(one, schema)).collect::<Vec<_>>().join(" or ");
    }
    match (&field["type"], field["format"].as_str()) {
        (Value::Array(types), format) => {
            let kinds = types.iter().map(|one| plain(one.as_str().unwrap_or_default(), format));
            kinds.collect::<Vec<_>>().join(" or ")
        }
        (Value::String(one), _) if one == "array" => format!("list of: {}", kind(&field["items"], schema)),
        (one, format) => plain(one.as_str().unwrap_or_default(), format).to_owned(),
    }
}

fn plain(kind: &str, format: Option<&str>) -> &'static str {
    match (kind, format) {
        ("null", _) => "null",
        (_, Some("uuid")) => "UUID",
        (_, Some("date-time")) => "time",
        ("string", _) => "text",
        ("integer", _) => "whole number",
        ("boolean", _) => "true or false",
        _ => "anything",
    }
}
