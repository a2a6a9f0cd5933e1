//! How heads, hashes and stored events are shown.

use chrono::{DateTime, Utc};
use infrastructure::audit::SignedHead;
use infrastructure::audit::text::to_hex;
use infrastructure::log::{Hash, Row};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A signed statement about the log's first `size` events.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct Head {
    /// How many events it covers, from the first on.
    #[schema(example = 260)]
    size: i64,
    /// The root of the RFC 6962 tree over their leaf hashes.
    root: String,
    /// The hash of the block that ends with the last of them.
    block_hash: String,
    /// When it was signed.
    at: DateTime<Utc>,
    /// Which key signed it.
    #[schema(example = "8f6a2c01b7d94e35")]
    key_id: String,
    /// The Ed25519 signature.
    signature: String,
}

impl From<SignedHead> for Head {
    fn from(head: SignedHead) -> Self {
        Self {
            size: head.size,
            root: to_hex(&head.root),
            block_hash: to_hex(&head.block_hash),
            at: head.at,
            key_id: head.key_id,
            signature: to_hex(&head.signature),
        }
    }
}

/// An event as the log has it, personal texts sealed: all that its leaf hash covers, and when it was recorded.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct StoredEvent {
    position: i64,
    stream_id: Uuid,
    version: i32,
    #[schema(example = "ticket")]
    stream_type: String,
    event_id: Uuid,
    #[schema(example = "TicketResolved")]
    event_type: String,
    schema_version: i16,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    #[schema(example = "agent")]
    actor_kind: String,
    actor_id: Option<Uuid>,
    #[schema(example = "api")]
    via: String,
    command_id: Uuid,
    causation_id: Option<Uuid>,
    correlation_id: Uuid,
    /// The fields, to the letter.
    payload: String,
    /// SHA-256 over the rest, without position and `recorded_at`.
    leaf_hash: String,
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            stream_id: row.stream_id,
            version: row.version,
            stream_type: row.stream_type,
            event_id: row.event_id,
            event_type: row.event_type,
            schema_version: row.schema_version,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            via: row.via,
            command_id: row.command_id,
            causation_id: row.causation_id,
            correlation_id: row.correlation_id,
            payload: row.payload,
            leaf_hash: to_hex(&row.leaf_hash),
        }
    }
}

/// Hashes in hexadecimal digits.
pub(in crate::routes) fn hexed(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| to_hex(hash)).collect()
}
