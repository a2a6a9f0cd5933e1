//! How far the handlers have come.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

/// How far a handler has come.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct Status {
    /// Its name.
    pub handler: String,
    /// Everything up to here is handled or not its business.
    pub position: i64,
    /// How many events of any type it is behind; what it passed over counts until its next sign of life.
    pub lag_events: i64,
    /// How many events it gave up on.
    pub parked: i64,
}

/// How far each handler has come.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(pool: &PgPool) -> sqlx::Result<Vec<Status>> {
    sqlx::query_as(
        "select h.name as handler, h.position, l.head - h.position as lag_events,
                (select count(*) from desk.parked_events p where p.handler = h.name) as parked
           from desk.handlers h
          cross join (select coalesce(max(last_position), 0) as head from ledger.blocks) l
          order by h.name",
    )
    .fetch_all(pool)
    .await
}
