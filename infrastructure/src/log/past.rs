//! Where the log was at a moment, and the events of some streams as they are stored.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{PgLog, Row};

/// Where the log was at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Reached {
    /// The newest position; 0 before the first event.
    pub position: i64,
    /// When it was recorded; none before the first event.
    pub recorded_at: Option<DateTime<Utc>>,
}

impl PgLog {
    /// How far the log reached at `moment`: the last position recorded then or before.
    ///
    /// Blocks are recorded in the order of their positions, so a search by halves over their primary key finds
    /// the last one in some thirty probes however long the log is, and needs no index on the time.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn reached_at(&self, moment: DateTime<Utc>) -> sqlx::Result<Reached> {
        sqlx::query_as(
            "with recursive halved(known, open) as (
               select 0::bigint, (select coalesce(max(last_position), 0) from ledger.blocks)
               union all
               select case when b.recorded_at <= $1 then b.last_position else h.known end,
                      case when b.recorded_at <= $1 then h.open else b.first_position - 1 end
                 from halved h
                cross join lateral (select * from ledger.blocks
                                     where last_position > (h.known + h.open) / 2
                                     order by last_position limit 1) b
                where h.known < h.open
             )
             select r.position, b.recorded_at
               from (select max(known) as position from halved) r
               left join ledger.blocks b on b.last_position = r.position",
        )
        .bind(moment)
        .fetch_one(&self.pool)
        .await
    }

    /// The log at `position`; none if it has not come so far.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn reached(&self, position: i64) -> sqlx::Result<Option<Reached>> {
        if position == 0 {
            return Ok(Some(Reached { position, recorded_at: None }));
        }
        sqlx::query_as("select position, recorded_at from ledger.events where position = $1")
            .bind(position)
            .fetch_optional(&self.pool)
            .await
    }

    /// All events of `streams` as they are stored, in the order of their positions.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn rows_of(&self, streams: &[Uuid]) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as("select * from ledger.feed where stream_id = any($1) order by position")
            .bind(streams)
            .fetch_all(&self.pool)
            .await
    }
}
