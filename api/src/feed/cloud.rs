//! Events as `CloudEvents` 1.0 in JSON.

use chrono::{DateTime, Utc};
use domain::access::ActorKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::envelope::Envelope;

/// An event as a `CloudEvent`. Its type is `ledgerdesk.` and the event's type; its source is the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CloudEvent {
    #[schema(example = "1.0")]
    specversion: &'static str,
    /// Unique within the source, and beyond.
    id: Uuid,
    /// `/ledgerdesk/` and the log's id.
    #[schema(example = "/ledgerdesk/019b76da-a800-7000-8000-000000000000")]
    source: String,
    #[serde(rename = "type")]
    #[schema(example = "ledgerdesk.TicketResolved")]
    event_type: String,
    /// What it is about: the ticket's id, or the user's.
    #[schema(example = "TKT-1767225600000-0A1B2C")]
    subject: String,
    /// When it happened.
    time: DateTime<Utc>,
    #[schema(example = "application/json")]
    datacontenttype: &'static str,
    /// The schema of `data`, relative to the desk.
    #[schema(example = "/schemas/TicketResolved.v1.json")]
    dataschema: String,
    /// Its position in the log.
    #[schema(example = "4711")]
    sequence: String,
    #[schema(example = "Integer")]
    sequencetype: &'static str,
    /// The stream it belongs to, and its place in it.
    streamid: Uuid,
    streamversion: i32,
    /// When the log accepted it.
    recordedtime: DateTime<Utc>,
    correlationid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<Uuid>,
    actorkind: ActorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    actorid: Option<Uuid>,
    #[schema(value_type = Object)]
    data: Value,
}

impl CloudEvent {
    /// `envelope`, from the log of this id.
    pub(crate) fn of(envelope: Envelope, log: Uuid) -> Self {
        Self {
            specversion: "1.0",
            id: envelope.id,
            source: format!("/ledgerdesk/{log}"),
            dataschema: format!("/schemas/{}.v{}.json", envelope.event_type, envelope.schema),
            event_type: format!("ledgerdesk.{}", envelope.event_type),
            subject: envelope.subject,
            time: envelope.occurred_at,
            datacontenttype: "application/json",
            sequence: envelope.pos.to_string(),
            sequencetype: "Integer",
            streamid: envelope.stream,
            streamversion: envelope.version,
            recordedtime: envelope.recorded_at,
            correlationid: envelope.correlation_id,
            causationid: envelope.causation_id,
            actorkind: envelope.actor.kind,
            actorid: envelope.actor.id,
            data: envelope.data,
        }
    }
}
