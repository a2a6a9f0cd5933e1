//! How far the read models have come.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

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
