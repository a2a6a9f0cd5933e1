//! An event as the database has it, and how it becomes one that the rules understand.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{Actor, ActorKind};
use domain::event::{Event, Recorded, Unreadable};
use domain::sealed::with_texts_unopened;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use super::PgLog;
use super::leaf::{Hash, Leaf};
use crate::audit::text::{hex, time};
use crate::keys::bulk::Stored;
use crate::keys::{KeyError, Keyring};

/// An event as the view `ledger.feed` gives it, and as exports have it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Its place in the log.
    pub position: i64,
    /// Its stream.
    pub stream_id: Uuid,
    /// Its place in the stream.
    pub version: i32,
    /// The stream's kind.
    pub stream_type: String,
    /// Its identity.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// The version of its payload.
    pub schema_version: i16,
    /// When it happened.
    #[serde(with = "time")]
    pub occurred_at: DateTime<Utc>,
    /// When the log accepted it.
    #[serde(with = "time")]
    pub recorded_at: DateTime<Utc>,
    /// As what somebody acted.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// Through which door.
    pub via: String,
    /// The command.
    pub command_id: Uuid,
    /// What caused the command.
    pub causation_id: Option<Uuid>,
    /// What it belongs to.
    pub correlation_id: Uuid,
    /// The fields as stored, sealed ones as ciphertext.
    pub payload: String,
    /// The hash over all of it.
    #[serde(with = "hex")]
    pub leaf_hash: Vec<u8>,
}

/// By place, in the order of the view: finding seventeen columns by name costs as much as opening a text.
impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            position: row.try_get(0)?,
            stream_id: row.try_get(1)?,
            version: row.try_get(2)?,
            stream_type: row.try_get(3)?,
            event_id: row.try_get(4)?,
            event_type: row.try_get(5)?,
            schema_version: row.try_get(6)?,
            occurred_at: row.try_get(7)?,
            recorded_at: row.try_get(8)?,
            actor_kind: row.try_get(9)?,
            actor_id: row.try_get(10)?,
            via: row.try_get(11)?,
            command_id: row.try_get(12)?,
            causation_id: row.try_get(13)?,
            correlation_id: row.try_get(14)?,
            payload: row.try_get(15)?,
            leaf_hash: row.try_get(16)?,
        })
    }
}

impl Row {
    /// What it is opened from.
    pub(crate) fn stored(&self) -> Stored<'_> {
        let Self { event_id, stream_type, event_type, schema_version, payload, .. } = self;
        Stored { event_id: *event_id, stream_type, event_type, schema_version: *schema_version, payload }
    }

    fn actor(&self) -> Actor {
        Actor { kind: self.actor_kind.parse().unwrap_or(ActorKind::System), id: self.actor_id }
    }

    /// The event with its sealed fields opened.
    ///
    /// # Errors
    /// The payload is not authentic or not what its type says, or the keys cannot be read.
    pub async fn open(&self, keys: &Arc<Keyring>) -> Result<Recorded, KeyError> {
        let event = keys
            .open(self.event_id, &self.stream_type, &self.event_type, self.schema_version, &self.payload)
            .await?;
        Ok(self.recorded(event))
    }

    /// The event with its sealed texts unopened, for whoever asks for none of them.
    ///
    /// # Errors
    /// The payload is not what its type says.
    pub(crate) fn without_texts(&self) -> Result<Recorded, Unreadable> {
        let read = || Event::read(&self.stream_type, &self.event_type, self.schema_version, &self.payload);
        with_texts_unopened(read).map(|event| self.recorded(event))
    }

    /// The event, now that it is known what happened.
    pub(crate) fn recorded(&self, event: Event) -> Recorded {
        Recorded {
            position: self.position,
            event_id: self.event_id,
            stream: self.stream_id,
            version: self.version,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            actor: self.actor(),
            via: self.via.as_str().into(),
            command_id: self.command_id,
            causation_id: self.causation_id,
            correlation_id: self.correlation_id,
            event,
        }
    }

    /// The hash that the row as it is now would have.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        Leaf {
            stream: self.stream_id,
            version: self.version,
            event_id: self.event_id,
            schema_version: self.schema_version,
            occurred_at: self.occurred_at,
            command_id: self.command_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            actor_id: self.actor_id,
            stream_type: &self.stream_type,
            event_type: &self.event_type,
            actor_kind: &self.actor_kind,
            via: &self.via,
            payload: &self.payload,
        }
        .hash()
    }
}

impl PgLog {
    /// At most the `window` positions behind `position`: the events of these `types` among them, as the database
    /// has them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn rows_of_types(
        &self,
        position: i64,
        window: i64,
        types: &[&str],
    ) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as(
            "select * from ledger.feed
              where position > $1 and position <= $1 + $2 and event_type = any($3)
              order by position",
        )
        .bind(position)
        .bind(window)
        .bind(types)
        .fetch_all(&self.pool)
        .await
    }

    /// The events at these positions, as the database has them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn rows_at(&self, positions: &[i64]) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as("select * from ledger.feed where position = any($1) order by position")
            .bind(positions)
            .fetch_all(&self.pool)
            .await
    }
}
