//! How the queue of what browsers are told is.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

/// How the queue of what browsers are told is.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct Status {
    /// How many browsers are registered.
    pub subscriptions: i64,
    /// How many messages wait to be sent.
    pub waiting: i64,
    /// For how many seconds the oldest of them has waited.
    pub oldest_seconds: f64,
    /// How many were given up in the last seven days.
    pub given_up: i64,
    /// Why the last one that failed did; none if none that is still there has.
    pub last_error: Option<String>,
}

/// How the queue of what browsers are told is.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(pool: &PgPool) -> sqlx::Result<Status> {
    sqlx::query_as(
        "select (select count(*) from desk.push_subscriptions) as subscriptions,
                count(*) filter (where state = 'pending') as waiting,
                coalesce(extract(epoch from now() - min(created_at) filter (where state = 'pending')), 0)::float8
                  as oldest_seconds,
                count(*) filter (where state = 'dead') as given_up,
                (array_agg(error order by created_at desc) filter (where error is not null))[1] as last_error
           from desk.outgoing_push
          where state <> 'taken'",
    )
    .fetch_one(pool)
    .await
}
