//! An event as others get it: a `CloudEvents` 1.0 event in JSON, without any text about a person.
//!
//! The broker is outside of the desk's visibility rules and of erasure, so texts stay at home: every sealed field
//! is published as null, and its name is in `withheld`. The relay has no keys; it could not publish a text if it
//! tried. Who may read a text asks the desk for it.

use async_nats::HeaderMap;
use chrono::{DateTime, Utc};
use domain::event::StreamType;
use domain::id::{NotificationId, TicketId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::log::Row;

/// The header by which the stream knows a message it has already.
pub(super) const MESSAGE_ID: &str = "Nats-Msg-Id";
const EXPECTED_STREAM: &str = "Nats-Expected-Stream";
const EXPECTED_LAST: &str = "Nats-Expected-Last-Sequence";
const EXPECTED_LAST_ID: &str = "Nats-Expected-Last-Msg-Id";
const CONTENT_TYPE: &str = "Content-Type";

/// A message for the stream.
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// The event as others get it: as the desk's own streams give it, and the names of what is withheld.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'static str,
    r#type: String,
    subject: String,
    time: DateTime<Utc>,
    datacontenttype: &'static str,
    dataschema: String,
    sequence: String,
    sequencetype: &'static str,
    streamid: Uuid,
    streamversion: i32,
    recordedtime: DateTime<Utc>,
    correlationid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<Uuid>,
    actorkind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actorid: Option<Uuid>,
    /// The fields of `data` that are null because they are about a person, with commas between.
    #[serde(skip_serializing_if = "String::is_empty")]
    withheld: String,
    data: Value,
}

impl<'a> CloudEvent<'a> {
    fn of(row: &'a Row, withheld: String, data: Value) -> Self {
        Self {
            specversion: "1.0",
            id: row.event_id,
            source: "/ledgerdesk",
            r#type: format!("ledgerdesk.{}", row.event_type),
            subject: about(row),
            time: row.occurred_at,
            datacontenttype: "application/json",
            dataschema: format!("/schemas/{}.v{}.json", row.event_type, row.schema_version),
            sequence: row.position.to_string(),
            sequencetype: "Integer",
            streamid: row.stream_id,
            streamversion: row.version,
            recordedtime: row.recorded_at,
            correlationid: row.correlation_id,
            causationid: row.causation_id,
            actorkind: &row.actor_kind,
            actorid: row.actor_id,
            withheld,
            data,
        }
    }
}

/// What the event is about: the ticket's id, or the user's.
fn about(row: &Row) -> String {
    match row.stream_type.parse() {
        Ok(StreamType::Ticket | StreamType::Conversation) => TicketId::of_stream(row.stream_id).to_string(),
        Ok(
            StreamType::User
            | StreamType::Setting
            | StreamType::Activity
            | StreamType::Catalogue
            | StreamType::Workload
            | StreamType::Webhook
            | StreamType::Article
            | StreamType::Reception
            | StreamType::Chat
            | StreamType::Suggestion
            | StreamType::Misuse,
        )
        | Err(_) => row.stream_id.to_string(),
        Ok(StreamType::Notification) => NotificationId::of_stream(row.stream_id).to_string(),
    }
}

/// The subjects of the stream called `stream`: `ledgerdesk.events.ticket.TicketCreated` and the like.
pub(super) fn subjects(stream: &str) -> String {
    format!("{}.events.>", stream.to_ascii_lowercase())
}

/// `row` as a message for the stream called `stream`, to be taken only at its position. `behind` is the event before
/// it, if that is under way as well: should something else take that one's place, the sequence alone would fit again.
///
/// # Errors
/// The stored payload is no JSON that can be read.
pub(super) fn message(row: &Row, stream: &str, behind: Option<Uuid>) -> serde_json::Result<Message> {
    let mut data: Value = serde_json::from_str(&row.payload)?;
    let withheld = withhold(&mut data);
    let mut headers = HeaderMap::new();
    headers.insert(MESSAGE_ID, row.event_id.to_string());
    headers.insert(EXPECTED_STREAM, stream);
    headers.insert(EXPECTED_LAST, (row.position - 1).to_string());
    if let Some(behind) = behind {
        headers.insert(EXPECTED_LAST_ID, behind.to_string());
    }
    headers.insert(CONTENT_TYPE, "application/cloudevents+json");
    let stream = stream.to_ascii_lowercase();
    let subject = format!("{stream}.events.{}.{}", row.stream_type, row.event_type);
    let body = serde_json::to_vec(&CloudEvent::of(row, withheld, data))?;
    Ok(Message { subject, headers, body })
}

/// Makes every sealed field null; their names in alphabetical order, with commas between.
fn withhold(data: &mut Value) -> String {
    let Value::Object(fields) = data else { return String::new() };
    let mut names = Vec::new();
    for (name, value) in fields {
        if holds_sealed(value) {
            *value = Value::Null;
            names.push(name.as_str());
        }
    }
    names.sort_unstable();
    names.join(",")
}

fn holds_sealed(value: &Value) -> bool {
    match value {
        Value::String(text) => is_sealed(text),
        Value::Array(values) => values.iter().any(holds_sealed),
        Value::Object(fields) => fields.values().any(holds_sealed),
        _ => false,
    }
}

/// Whether `text` has the form in which the log keeps sealed fields: whose it is, a colon and the ciphertext.
fn is_sealed(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(subject, _)| subject.len() == 32 && subject.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sealed_fields_are_null_and_named_and_nothing_else_is_touched() {
        let sealed = format!("{}:c2VhbGVk", "0a".repeat(16));
        let mut data = json!({
            "title": sealed, "to": "IT", "at": "2026-01-01T10:00:00Z", "note": null, "lines": [{ "text": sealed }],
        });
        assert_eq!(withhold(&mut data), "lines,title");
        let left = json!({
            "title": null, "to": "IT", "at": "2026-01-01T10:00:00Z", "note": null, "lines": null,
        });
        assert_eq!(data, left);
        assert_eq!(withhold(&mut json!({})), "");
    }

    #[test]
    fn subjects_begin_with_the_name_of_the_stream() {
        assert_eq!(subjects("LEDGERDESK"), "ledgerdesk.events.>");
    }
}
