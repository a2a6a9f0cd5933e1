//! An append ready to be sent: fields sealed, events hashed, claims hashed.

use std::sync::Arc;

use application::ledger::{Append, Envelope, Quota};
use chrono::{DateTime, SubsecRound as _, Utc};
use domain::event::{Event, Recorded, Stored, StreamType};
use uuid::Uuid;

use super::leaf::{Hash, Leaf};
use crate::keys::{KeyError, Keyring};

/// An append ready to be sent.
pub(crate) struct Prepared {
    pub(crate) command_id: Uuid,
    pub(crate) fingerprint: Option<Hash>,
    /// The streams and the versions they are expected at.
    pub(crate) streams: Vec<(Uuid, i32)>,
    pub(crate) claims: Vec<PreparedClaim>,
    pub(crate) releases: Vec<PreparedClaim>,
    pub(crate) quota: Option<Quota>,
    pub(crate) events: Vec<PreparedEvent>,
    pub(crate) envelope: Envelope,
}

pub(crate) struct PreparedClaim {
    pub(crate) kind: &'static str,
    pub(crate) hash: Hash,
    pub(crate) holder: Uuid,
}

pub(crate) struct PreparedEvent {
    pub(crate) stream: Uuid,
    pub(crate) stream_type: StreamType,
    pub(crate) version: i32,
    pub(crate) event_id: Uuid,
    pub(crate) stored: Stored,
    pub(crate) leaf: Hash,
    pub(crate) event: Event,
}

impl Prepared {
    /// Seals and hashes `append`.
    pub(crate) async fn new(append: Append, keys: &Arc<Keyring>) -> Result<Self, KeyError> {
        let claimed = |claim: &application::ledger::Claim| {
            let kind: &'static str = claim.kind.into();
            PreparedClaim { kind, hash: keys.claim_hash(kind, &claim.value), holder: claim.holder }
        };
        let mut prepared = Self {
            command_id: append.command_id,
            fingerprint: append.fingerprint,
            streams: append.streams.iter().map(|part| (part.stream, part.expected)).collect(),
            claims: append.claims.iter().map(claimed).collect(),
            releases: append.releases.iter().map(claimed).collect(),
            quota: append.quota,
            events: Vec::new(),
            envelope: Envelope {
                // The database keeps microseconds; hash and memory must not know more than it.
                occurred_at: append.envelope.occurred_at.trunc_subsecs(6),
                ..append.envelope
            },
        };
        for part in append.streams {
            for (version, event) in (part.expected.saturating_add(1)..).zip(part.events) {
                let event_id = Uuid::now_v7();
                let stored = keys.seal(event_id, &event).await?;
                let envelope = &prepared.envelope;
                let leaf = Leaf {
                    stream: part.stream,
                    version,
                    event_id,
                    schema_version: stored.schema_version,
                    occurred_at: envelope.occurred_at,
                    command_id: prepared.command_id,
                    correlation_id: envelope.correlation_id,
                    causation_id: envelope.causation_id,
                    actor_id: envelope.actor.id,
                    stream_type: part.stream_type.into(),
                    event_type: &stored.event_type,
                    actor_kind: envelope.actor.kind.into(),
                    via: &envelope.via,
                    payload: &stored.payload,
                }
                .hash();
                let (stream, stream_type) = (part.stream, part.stream_type);
                prepared.events.push(PreparedEvent {
                    stream,
                    stream_type,
                    version,
                    event_id,
                    stored,
                    leaf,
                    event,
                });
            }
        }
        Ok(prepared)
    }

    #[cfg(test)]
    pub(crate) fn bare(command_id: Uuid, streams: Vec<(Uuid, i32)>) -> Self {
        let actor = domain::access::Caller::System("test").actor();
        let envelope = Envelope {
            occurred_at: DateTime::default(),
            actor,
            via: "test".into(),
            causation_id: None,
            correlation_id: command_id,
        };
        Self {
            command_id,
            fingerprint: None,
            streams,
            claims: Vec::new(),
            releases: Vec::new(),
            quota: None,
            events: Vec::new(),
            envelope,
        }
    }

    /// How much payload it carries.
    pub(crate) fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.stored.payload.len()).sum()
    }

    /// The values it takes or gives back.
    pub(crate) fn claimed(&self) -> impl Iterator<Item = (&str, Hash)> {
        self.claims.iter().chain(&self.releases).map(|claim| (claim.kind, claim.hash))
    }

    /// Its events as the log recorded them, the first at `first`.
    pub(crate) fn recorded(self, first: i64, recorded_at: DateTime<Utc>) -> impl Iterator<Item = Recorded> {
        let Self { command_id, envelope, events, .. } = self;
        (first..).zip(events).map(move |(position, event)| Recorded {
            position,
            event_id: event.event_id,
            stream: event.stream,
            version: event.version,
            occurred_at: envelope.occurred_at,
            recorded_at,
            actor: envelope.actor,
            via: (*envelope.via).into(),
            command_id,
            causation_id: envelope.causation_id,
            correlation_id: envelope.correlation_id,
            event: event.event,
        })
    }
}
