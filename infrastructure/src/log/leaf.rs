//! The hash of one event: what a proof is about.
//!
//! `leaf = SHA-256(0x00 || header || payload)`. The header is, in order: stream id (16 bytes), version
//! (4 bytes, big-endian as all numbers), event id (16), schema version (2), occurred at (8: microseconds
//! since 1970), command id (16), correlation id (16), causation id (16, zeros if none), actor id (16, zeros
//! if none), then stream type, event type, actor kind and via, each as its length (2) and its UTF-8 bytes.
//! The payload is the stored text to the letter, sealed fields as ciphertext, so the hash stays valid when
//! a key is destroyed. Position and `recorded_at` are not known yet when the leaf is hashed; the block binds
//! them.

use chrono::{DateTime, Utc};
use ring::digest::{Context, SHA256, digest};
use uuid::Uuid;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What a leaf covers.
pub(crate) struct Leaf<'a> {
    pub(crate) stream: Uuid,
    pub(crate) version: i32,
    pub(crate) event_id: Uuid,
    pub(crate) schema_version: i16,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) command_id: Uuid,
    pub(crate) correlation_id: Uuid,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) stream_type: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) actor_kind: &'a str,
    pub(crate) via: &'a str,
    pub(crate) payload: &'a str,
}

impl Leaf<'_> {
    pub(crate) fn hash(&self) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(&[0]);
        context.update(self.stream.as_bytes());
        context.update(&self.version.to_be_bytes());
        context.update(self.event_id.as_bytes());
        context.update(&self.schema_version.to_be_bytes());
        context.update(&self.occurred_at.timestamp_micros().to_be_bytes());
        context.update(self.command_id.as_bytes());
        context.update(self.correlation_id.as_bytes());
        context.update(self.causation_id.unwrap_or_default().as_bytes());
        context.update(self.actor_id.unwrap_or_default().as_bytes());
        for word in [self.stream_type, self.event_type, self.actor_kind, self.via] {
            context.update(&u16::try_from(word.len()).unwrap_or(u16::MAX).to_be_bytes());
            context.update(word.as_bytes());
        }
        context.update(self.payload.as_bytes());
        finished(context)
    }
}

/// The hash of a block: `SHA-256(0x02 || previous || first || last || recorded at || leaves)`.
pub(crate) fn block(previous: &Hash, first: i64, last: i64, recorded_at_micros: i64, leaves: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[2]);
    context.update(previous);
    for number in [first, last, recorded_at_micros] {
        context.update(&number.to_be_bytes());
    }
    context.update(leaves);
    finished(context)
}

/// The hash that stands before the first block.
pub(crate) fn genesis() -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, b"ledgerdesk").as_ref());
    hash
}

fn finished(context: Context) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
