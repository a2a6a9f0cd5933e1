//! What the log has to do with a person, found by reading all of it: there is no index for what is asked so rarely.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use sqlx::FromRow;
use uuid::Uuid;

use super::PgLog;

/// An event that has to do with a person, without what it says.
#[derive(Debug, Clone, FromRow)]
pub struct Trace {
    /// Its place in the log.
    pub position: i64,
    /// Its stream.
    pub stream_id: Uuid,
    /// The stream's kind.
    pub stream_type: String,
    /// Its type.
    pub event_type: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the log accepted it.
    pub recorded_at: DateTime<Utc>,
    /// Through which door.
    pub via: String,
    /// Whether the person acted.
    pub is_act: bool,
    /// Whether it begins a ticket of the person's.
    pub begins_ticket: bool,
}

impl PgLog {
    /// What has to do with `user` at the positions behind `after` up to `to`: what they did, and the tickets that are
    /// theirs.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn traces(&self, user: UserId, after: i64, to: i64) -> sqlx::Result<Vec<Trace>> {
        sqlx::query_as(
            "select position, stream_id, stream_type, event_type, occurred_at, recorded_at, via,
                    actor_id is not distinct from $3 as is_act,
                    event_type = 'TicketCreated' and payload->>'requester' = $3::text as begins_ticket
               from ledger.events
              where position > $1 and position <= $2
                and (actor_id = $3 or (event_type = 'TicketCreated' and payload->>'requester' = $3::text))
              order by position",
        )
        .bind(after)
        .bind(to)
        .bind(user.0)
        .fetch_all(&self.pool)
        .await
    }
}
