//! The schemas of what stands around an event's fields when it leaves the desk.

use serde_json::{Value, json};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::newest::{bundled, require_all};
use super::{DIALECT, address};
use crate::envelope::Envelope;

/// The file of the envelope's schema.
pub(super) const ENVELOPE: &str = "Envelope.json";
/// The file of the schema of an event in the form of `CloudEvents`.
pub(super) const CLOUD_EVENT: &str = "CloudEvent.json";

/// The envelope that the API and its streams answer with.
pub(super) fn envelope() -> (&'static str, Value) {
    let mut named = Vec::new();
    Envelope::schemas(&mut named);
    let definitions = named
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    let mut schema = bundled(serde_json::to_value(Envelope::schema()).unwrap_or_default(), &definitions);
    schema["$schema"] = DIALECT.into();
    schema["$id"] = address(ENVELOPE).into();
    schema["title"] = "An event".into();
    schema["$comment"] = "What `data` looks like is said by the schema of `type` and `schema`.".into();
    schema["additionalProperties"] = true.into();
    require_all(&mut schema);
    (ENVELOPE, schema)
}

/// The same in the form of `CloudEvents` 1.0, in its JSON format.
pub(super) fn cloud_event() -> (&'static str, Value) {
    let said = |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    let of = |format: &str, description: &str| json!({ "type": "string", "format": format, "description": description });
    let like = |pattern: &str, description: &str| json!({ "type": "string", "pattern": pattern, "description": description });
    let properties = json!({
        "specversion": { "const": "1.0", "description": "The version of CloudEvents." },
        "id": of("uuid", "Its identity, UUID version 7."),
        "source": like("^/ledgerdesk(/.+)?$", "The desk, and with its id the log."),
        "type": like("^ledgerdesk\\.[A-Z][A-Za-z]+$", "`ledgerdesk.` and the event's type."),
        "subject": said("What it is about: the ticket's id, or the user's."),
        "time": of("date-time", "When it happened."),
        "datacontenttype": { "const": "application/json", "description": "What `data` is." },
        "dataschema": like("^/schemas/[A-Za-z]+\\.v[0-9]+\\.json$", "The schema of `data`, relative to the desk."),
        "sequence": like("^[1-9][0-9]*$", "Its place in the log."),
        "sequencetype": { "const": "Integer", "description": "That `sequence` is a whole number." },
        "streamid": of("uuid", "The stream it belongs to."),
        "streamversion": { "type": "integer", "minimum": 1, "description": "Its place in its stream." },
        "recordedtime": of("date-time", "When the log accepted it."),
        "correlationid": of("uuid", "What ties together everything that follows from one request."),
        "causationid": of("uuid", "The event that caused it; left out when a person did."),
        "actorkind": { "enum": ["user", "agent", "admin", "system"], "description": "As what somebody acted." },
        "actorid": of("uuid", "Which person acted; left out for the desk itself."),
        "withheld": said("On NATS: the fields of `data` that are null because they are about a person."),
        "data": { "type": "object", "description": "Its fields." },
    });
    let optional = ["causationid", "actorid", "withheld"];
    let names = properties.as_object().into_iter().flat_map(serde_json::Map::keys);
    let required: Vec<&String> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    let schema = json!({
        "$schema": DIALECT,
        "$id": address(CLOUD_EVENT),
        "title": "An event in the form of CloudEvents 1.0",
        "$comment": "What `data` looks like is said by the schema that `dataschema` names; what `withheld` names is null.",
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": true,
    });
    (CLOUD_EVENT, schema)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::event::Event;
    use infrastructure::log::Row;
    use uuid::Uuid;

    use super::*;
    use crate::schemas::KnownVersions;

    /// An event of version 1 as it is stored.
    fn row(event_type: &str, schema_version: i16) -> Row {
        Row {
            position: 17,
            stream_id: Uuid::now_v7(),
            version: 2,
            stream_type: "ticket".to_owned(),
            event_id: Uuid::now_v7(),
            event_type: event_type.to_owned(),
            schema_version,
            occurred_at: DateTime::UNIX_EPOCH,
            recorded_at: DateTime::UNIX_EPOCH,
            actor_kind: "system".to_owned(),
            actor_id: None,
            via: "test".to_owned(),
            command_id: Uuid::now_v7(),
            causation_id: None,
            correlation_id: Uuid::now_v7(),
            payload: r#"{"reason":null}"#.to_owned(),
            leaf_hash: vec![0x0F; 32],
        }
    }

    fn seen(row: &Row) -> Envelope {
        let event = Event::read(&row.stream_type, &row.event_type, row.schema_version, &row.payload);
        Envelope::of(row, &event.expect("readable"))
    }

    #[test]
    fn an_envelope_has_what_its_schema_says_and_no_more() {
        let envelope = serde_json::to_value(seen(&row("TicketFlagged", 1))).expect("JSON");
        let mut members: Vec<&String> = envelope.as_object().expect("an object").keys().collect();
        members.sort();
        assert_eq!(super::envelope().1["required"], json!(members));
        assert_eq!(envelope["hash"], "0f".repeat(32));
    }

    #[test]
    fn an_event_is_seen_in_its_newest_version_unless_an_older_one_is_asked_for() {
        let newest = seen(&row("TicketFlagged", 1));
        let fields = json!({ "reason": null, "by": "unknown" });
        assert_eq!((newest.schema, &newest.data), (2, &fields));
        let known: KnownVersions = "TicketFlagged:1".parse().expect("versions");
        let older = newest.in_versions(&known);
        assert_eq!((older.schema, &older.data), (1, &json!({ "reason": null })));
    }

    #[test]
    fn an_event_that_is_not_known_is_seen_as_it_is_stored() {
        let known: KnownVersions = "TicketFlagged:1".parse().expect("versions");
        for (event_type, version) in [("TicketTeleported", 4), ("TicketFlagged", 99)] {
            let seen = seen(&row(event_type, version)).in_versions(&known);
            assert_eq!((seen.schema, &seen.data), (version, &json!({ "reason": null })), "{event_type}");
        }
    }
}
