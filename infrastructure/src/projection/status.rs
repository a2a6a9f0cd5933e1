//! How far the read models have come.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgPool};

use super::claim::LOCKS;

/// How far a read model has come.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct Status {
    /// Its name.
    pub model: String,
    /// Everything up to here is visible.
    pub position: i64,
    /// How many events it is behind.
    pub lag_events: i64,
    /// For how many seconds the oldest event it has not taken has been in the log.
    pub lag_seconds: f64,
    /// How many events it could not take.
    pub parked: i64,
}

/// How far each read model has come.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(pool: &PgPool) -> sqlx::Result<Vec<Status>> {
    sqlx::query_as(
        "select c.model, c.position, h.head - c.position as lag_events,
                coalesce(extract(epoch from now() - e.recorded_at), 0)::float8 as lag_seconds,
                (select count(*) from read.parked p where p.model = c.model) as parked
           from read.checkpoints c
          cross join (select coalesce(max(last_position), 0) as head from ledger.blocks) h
           left join ledger.events e on e.position = c.position + 1
          order by c.model",
    )
    .fetch_all(pool)
    .await
}

/// A read model, and what is done with it.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Detail {
    /// How far it has come.
    #[sqlx(flatten)]
    pub status: Status,
    /// Whether somebody has the right to rebuild it at the moment, in this process or another.
    pub claimed: bool,
    /// How far the tables had come that the last rebuild replaced, if they are kept.
    pub previous_position: Option<i64>,
    /// When they were replaced.
    pub replaced_at: Option<DateTime<Utc>>,
}

/// How far each read model has come, and what is done with it.
///
/// # Errors
/// The database cannot be reached.
pub async fn details(pool: &PgPool) -> sqlx::Result<Vec<Detail>> {
    sqlx::query_as(
        "select c.model, c.position, h.head - c.position as lag_events,
                coalesce(extract(epoch from now() - e.recorded_at), 0)::float8 as lag_seconds,
                (select count(*) from read.parked p where p.model = c.model) as parked,
                exists (select from pg_locks l
                         where l.locktype = 'advisory' and l.granted and l.objsubid = 2
                           and l.database = (select oid from pg_database where datname = current_database())
                           and l.classid = $1::int4::oid and l.objid = hashtext(c.model)::oid) as claimed,
                p.position as previous_position, p.replaced_at
           from read.checkpoints c
          cross join (select coalesce(max(last_position), 0) as head from ledger.blocks) h
           left join ledger.events e on e.position = c.position + 1
           left join read.previous p on p.model = c.model
          order by c.model",
    )
    .bind(LOCKS)
    .fetch_all(pool)
    .await
}
