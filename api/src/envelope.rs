//! An event as it leaves the desk: what is in the log about it, and of its fields what the reader may see.

use chrono::{DateTime, Utc};
use domain::access::ActorKind;
use domain::event::Event;
use domain::id::TicketId;
use infrastructure::audit::text::to_hex;
use infrastructure::log::Row;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schemas::KnownVersions;

/// An event, as a reader may see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Envelope {
    /// Its identity, UUID version 7.
    pub(crate) id: Uuid,
    /// Its place in the log.
    pub(crate) pos: i64,
    /// The stream it belongs to.
    pub(crate) stream: Uuid,
    /// What kind of stream: ticket, conversation, user or activity.
    pub(crate) stream_type: String,
    /// What it is about: the ticket's id, or the user's.
    #[schema(example = "TKT-1767225600000-0A1B2C")]
    pub(crate) subject: String,
    /// Its place in its stream.
    pub(crate) version: i32,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "TicketResolved")]
    pub(crate) event_type: String,
    /// The version of its fields: the newest, whichever it was stored as, unless another one was asked for, or
    /// this version of the desk does not know the type.
    pub(crate) schema: i16,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// When the log accepted it.
    pub(crate) recorded_at: DateTime<Utc>,
    /// Who acted.
    pub(crate) actor: Actor,
    /// Through which door.
    #[schema(example = "api")]
    pub(crate) via: String,
    /// The event that caused it; none when a person did.
    pub(crate) causation_id: Option<Uuid>,
    /// What ties together everything that follows from one request.
    pub(crate) correlation_id: Uuid,
    /// Its fields, texts as people read them.
    #[schema(value_type = Object)]
    pub(crate) data: Value,
    /// Its leaf hash, by which it can be proved to be in the log; in hexadecimal digits.
    pub(crate) hash: String,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Actor {
    /// As what.
    pub(crate) kind: ActorKind,
    /// Which person; none for the desk itself.
    pub(crate) id: Option<Uuid>,
}

impl Envelope {
    /// The event as a consumer sees it that knows other versions than the newest.
    pub(crate) fn in_versions(mut self, known: &KnownVersions) -> Self {
        (self.schema, self.data) = known.cast(&self.event_type, self.schema, self.data);
        self
    }

    /// `part` of the event in `row`, which is what the reader may know of it.
    pub(crate) fn of(row: &Row, part: &Event) -> Self {
        let data = match part {
            // The fields of a type that this version does not know stay sealed.
            Event::Unknown(_) => serde_json::from_str(&row.payload).unwrap_or_default(),
            part => part.shown().unwrap_or_default(),
        };
        let subject = match row.stream_type.as_str() {
            "ticket" | "conversation" => TicketId::of_stream(row.stream_id).to_string(),
            _ => row.stream_id.to_string(),
        };
        Self {
            id: row.event_id,
            pos: row.position,
            stream: row.stream_id,
            stream_type: row.stream_type.clone(),
            subject,
            version: row.version,
            event_type: part.type_name().to_owned(),
            schema: part.schema_version().unwrap_or(row.schema_version),
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor: Actor { kind: row.actor_kind.parse().unwrap_or(ActorKind::System), id: row.actor_id },
            via: row.via.clone(),
            causation_id: row.causation_id,
            correlation_id: row.correlation_id,
            data,
            hash: to_hex(&row.leaf_hash),
        }
    }
}
