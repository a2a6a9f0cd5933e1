//! A batch as `append_batch` takes it: one array per column; and its verdicts.

use application::ledger::{AppendError, ClaimKind};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::leaf::Hash;
use super::prepared::{Prepared, PreparedClaim};

const CALL: &str = "select base, recorded, status, first_position, last_position, retry_at
  from ledger.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                           $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)";

/// What became of one append of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its events are in the log from this position on.
    Accepted { first: i64 },
    /// They had been accepted before.
    Repeated { first: i64, last: i64 },
    /// They are not in the log.
    Refused(AppendError),
}

/// A batch's verdicts, in the order of its appends, and when it was recorded.
pub(crate) struct Verdicts {
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) verdicts: Vec<Verdict>,
}

#[derive(Default)]
struct Claims {
    append: Vec<i32>,
    kind: Vec<&'static str>,
    key: Vec<Vec<u8>>,
    stream: Vec<Uuid>,
}

impl Claims {
    fn push(&mut self, append: i32, claims: &[PreparedClaim]) {
        for claim in claims {
            self.append.push(append);
            self.kind.push(claim.kind);
            self.key.push(claim.hash.to_vec());
            self.stream.push(claim.holder);
        }
    }
}

#[derive(Default)]
struct Appends {
    command: Vec<Uuid>,
    fingerprint: Vec<Option<Vec<u8>>>,
    read_append: Vec<i32>,
    read_stream: Vec<Uuid>,
    read_version: Vec<i32>,
    claims: Claims,
    releases: Claims,
    quota_append: Vec<i32>,
    quota_key: Vec<Uuid>,
    quota_limit: Vec<i32>,
    quota_seconds: Vec<i32>,
}

#[derive(Default)]
struct Events<'a> {
    append: Vec<i32>,
    stream: Vec<Uuid>,
    version: Vec<i32>,
    stream_type: Vec<&'static str>,
    id: Vec<Uuid>,
    event_type: Vec<&'a str>,
    schema: Vec<i16>,
    occurred: Vec<DateTime<Utc>>,
    actor_kind: Vec<&'static str>,
    actor: Vec<Option<Uuid>>,
    via: Vec<&'a str>,
    cause: Vec<Option<Uuid>>,
    correlation: Vec<Uuid>,
    payload: Vec<&'a str>,
    leaf: Vec<&'a [u8]>,
}

fn columns(batch: &[Prepared]) -> (Appends, Events<'_>) {
    let (mut appends, mut events) = (Appends::default(), Events::default());
    for (number, append) in (1..).zip(batch) {
        appends.command.push(append.command_id);
        appends.fingerprint.push(append.fingerprint.map(|hash: Hash| hash.to_vec()));
        for (stream, version) in &append.streams {
            appends.read_append.push(number);
            appends.read_stream.push(*stream);
            appends.read_version.push(*version);
        }
        appends.claims.push(number, &append.claims);
        appends.releases.push(number, &append.releases);
        if let Some(quota) = append.quota {
            appends.quota_append.push(number);
            appends.quota_key.push(quota.key);
            appends.quota_limit.push(quota.limit);
            appends.quota_seconds.push(i32::try_from(quota.window.num_seconds()).unwrap_or(i32::MAX));
        }
        for event in &append.events {
            events.append.push(number);
            events.stream.push(event.stream);
            events.version.push(event.version);
            events.stream_type.push(event.stream_type.into());
            events.id.push(event.event_id);
            events.event_type.push(&event.stored.event_type);
            events.schema.push(event.stored.schema_version);
            events.occurred.push(append.envelope.occurred_at);
            events.actor_kind.push(append.envelope.actor.kind.into());
            events.actor.push(append.envelope.actor.id);
            events.via.push(&append.envelope.via);
            events.cause.push(append.envelope.causation_id);
            events.correlation.push(append.envelope.correlation_id);
            events.payload.push(&event.stored.payload);
            events.leaf.push(&event.leaf);
        }
    }
    (appends, events)
}

/// Appends `batch` in one round trip and one transaction.
pub(crate) async fn append_batch(
    connection: &mut PgConnection,
    batch: &[Prepared],
) -> sqlx::Result<Verdicts> {
    let (appends, events) = columns(batch);
    let row = sqlx::query(CALL)
        .bind(&appends.command)
        .bind(&appends.fingerprint)
        .bind(&appends.read_append)
        .bind(&appends.read_stream)
        .bind(&appends.read_version)
        .bind(&appends.claims.append)
        .bind(&appends.claims.kind)
        .bind(&appends.claims.key)
        .bind(&appends.claims.stream)
        .bind(&appends.releases.append)
        .bind(&appends.releases.kind)
        .bind(&appends.releases.key)
        .bind(&appends.releases.stream)
        .bind(&appends.quota_append)
        .bind(&appends.quota_key)
        .bind(&appends.quota_limit)
        .bind(&appends.quota_seconds)
        .bind(&events.append)
        .bind(&events.stream)
        .bind(&events.version)
        .bind(&events.stream_type)
        .bind(&events.id)
        .bind(&events.event_type)
        .bind(&events.schema)
        .bind(&events.occurred)
        .bind(&events.actor_kind)
        .bind(&events.actor)
        .bind(&events.via)
        .bind(&events.cause)
        .bind(&events.correlation)
        .bind(&events.payload)
        .bind(&events.leaf)
        .fetch_one(connection)
        .await?;
    let recorded_at = row.try_get("recorded")?;
    let mut next: i64 = row.try_get::<i64, _>("base")? + 1;
    let mut accepted = |append: &Prepared| {
        let first = next;
        next += i64::try_from(append.events.len()).unwrap_or(i64::MAX);
        Verdict::Accepted { first }
    };
    let verdicts = match row.try_get::<Option<Vec<String>>, _>("status")? {
        None => batch.iter().map(accepted).collect(),
        Some(status) => {
            let first: Vec<Option<i64>> = row.try_get("first_position")?;
            let last: Vec<Option<i64>> = row.try_get("last_position")?;
            let retry_at: Vec<Option<DateTime<Utc>>> = row.try_get("retry_at")?;
            let mut verdicts = Vec::with_capacity(batch.len());
            for (i, append) in batch.iter().enumerate() {
                verdicts.push(match &*status[i] {
                    "accepted" => accepted(append),
                    other => verdict(append, other, first[i].zip(last[i]), retry_at[i])?,
                });
            }
            verdicts
        }
    };
    Ok(Verdicts { recorded_at, verdicts })
}

/// What `status` says of an append that was not accepted now.
fn verdict(
    append: &Prepared,
    status: &str,
    positions: Option<(i64, i64)>,
    retry_at: Option<DateTime<Utc>>,
) -> sqlx::Result<Verdict> {
    let unexpected =
        || sqlx::Error::Protocol(format!("append_batch answered {status} without what belongs to it"));
    Ok(match status {
        "duplicate" => {
            let (first, last) = positions.ok_or_else(unexpected)?;
            Verdict::Repeated { first, last }
        }
        "reused" => Verdict::Refused(AppendError::CommandReused),
        "conflict" => Verdict::Refused(AppendError::Conflict),
        "quota" => Verdict::Refused(AppendError::QuotaExceeded {
            limit: append.quota.map(|quota| quota.limit).unwrap_or_default(),
            retry_at: retry_at.ok_or_else(unexpected)?,
        }),
        other => {
            let kind: Option<ClaimKind> = other.strip_prefix("claimed:").and_then(|kind| kind.parse().ok());
            Verdict::Refused(AppendError::Claimed(kind.ok_or_else(unexpected)?))
        }
    })
}
