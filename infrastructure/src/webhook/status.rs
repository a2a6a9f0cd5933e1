//! How the queue of webhooks is.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

/// How the queue of webhooks is.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct Status {
    /// How many messages wait to be sent, besides what is still in the log only.
    pub waiting: i64,
    /// For how many seconds the oldest of them has waited.
    pub oldest_seconds: f64,
    /// How many were given up in the last thirty days.
    pub given_up: i64,
}

/// How the queue of webhooks is.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(pool: &PgPool) -> sqlx::Result<Status> {
    sqlx::query_as(
        "select count(*) filter (where state = 'pending') as waiting,
                coalesce(extract(epoch from now() - min(queued_at) filter (where state = 'pending')), 0)::float8
                  as oldest_seconds,
                count(*) filter (where state = 'dead') as given_up
           from desk.webhook_deliveries
          where state <> 'delivered'",
    )
    .fetch_one(pool)
    .await
}
