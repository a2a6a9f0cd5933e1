//! Durable consumers: programs whose place in the log is kept here.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use infrastructure::log::{Cursor, Filter};
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

/// A consumer's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

/// The text is not a consumer's name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a consumer's name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit")]
pub(crate) struct NotAName;

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let allowed = |byte: u8| plain(byte) || matches!(byte, b'.' | b'_' | b'-');
        let begins = text.bytes().next().is_some_and(plain);
        (begins && text.len() <= 64 && text.bytes().all(allowed))
            .then(|| Self(text.to_owned()))
            .ok_or(NotAName)
    }
}

/// A durable consumer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub(crate) struct Consumer {
    /// Its name.
    #[schema(example = "warehouse")]
    pub(crate) name: String,
    /// Which events it wants; empty for all.
    pub(crate) types: Vec<String>,
    /// Of which streams; empty for all.
    pub(crate) streams: Vec<Uuid>,
    /// Up to where it has acknowledged.
    pub(crate) position: i64,
    /// The same as a cursor.
    pub(crate) cursor: String,
    /// How many events of the log, whichever it wants, it has not acknowledged.
    pub(crate) lag_events: i64,
    /// For how long the oldest of them has been in the log; 0 if there are none.
    pub(crate) lag_seconds: f64,
    /// Who made it.
    pub(crate) created_by: Uuid,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
    /// When it last acknowledged.
    pub(crate) acked_at: Option<DateTime<Utc>>,
    /// When it last read or acknowledged.
    pub(crate) last_seen_at: Option<DateTime<Utc>>,
}

impl Consumer {
    /// Which events it wants.
    pub(crate) fn filter(&self) -> Filter {
        Filter { types: self.types.clone(), streams: self.streams.clone() }
    }
}

const CONSUMERS: &str = "select c.*, greatest(h.head - c.position, 0) as lag_events,
         coalesce(greatest(extract(epoch from now() - e.recorded_at), 0), 0)::float8 as lag_seconds
    from desk.consumers c
    cross join (select coalesce(max(last_position), 0) as head from ledger.blocks) h
    left join ledger.events e on e.position = c.position + 1
   where ($1::text is null or c.name = $1)
   order by c.name";

/// All of them, by name.
pub(crate) async fn all(pool: &PgPool) -> sqlx::Result<Vec<Consumer>> {
    sqlx::query_as(CONSUMERS).bind(None::<String>).fetch_all(pool).await
}

/// One of them.
pub(crate) async fn find(pool: &PgPool, name: &Name) -> sqlx::Result<Option<Consumer>> {
    sqlx::query_as(CONSUMERS).bind(&name.0).fetch_optional(pool).await
}

/// Gives the consumer this filter; one that does not exist is made, and starts behind `start`. Says whether
/// it was made.
pub(crate) async fn put(
    pool: &PgPool,
    name: &Name,
    filter: &Filter,
    start: &Cursor,
    by: UserId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "insert into desk.consumers (name, types, streams, position, cursor, created_by)
         values ($1, $2, $3, $4, $5, $6)
             on conflict (name) do update set types = excluded.types, streams = excluded.streams
         returning xmax = 0",
    )
    .bind(&name.0)
    .bind(&filter.types)
    .bind(&filter.streams)
    .bind(start.position)
    .bind(start.to_string())
    .bind(by.0)
    .fetch_one(pool)
    .await
}

/// Moves the consumer to `cursor`, backwards only with `back`. False if it would have been backwards, or if
/// there is no such consumer.
pub(crate) async fn ack(pool: &PgPool, name: &Name, cursor: &Cursor, back: bool) -> sqlx::Result<bool> {
    let moved = sqlx::query(
        "update desk.consumers
            set position = $2, cursor = $3, acked_at = now(), last_seen_at = now()
          where name = $1 and (position <= $2 or $4)",
    )
    .bind(&name.0)
    .bind(cursor.position)
    .bind(cursor.to_string())
    .bind(back)
    .execute(pool)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Notes that the consumer reads.
pub(crate) async fn touch(pool: &PgPool, name: &Name) -> sqlx::Result<()> {
    sqlx::query("update desk.consumers set last_seen_at = now() where name = $1")
        .bind(&name.0)
        .execute(pool)
        .await
        .map(|_| ())
}

/// Forgets the consumer; false if there is none.
pub(crate) async fn remove(pool: &PgPool, name: &Name) -> sqlx::Result<bool> {
    let removed =
        sqlx::query("delete from desk.consumers where name = $1").bind(&name.0).execute(pool).await?;
    Ok(removed.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["a", "warehouse", "0.1_b-c", &"x".repeat(64)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "a/b", "ä", "..", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Name>(), Err(NotAName), "{bad}");
        }
    }
}
