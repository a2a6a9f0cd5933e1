//! Reading the log forward, all of it or some types and streams only.

use std::sync::Arc;

use uuid::Uuid;

use super::PgLog;
use super::cursor::{Cursor, Place};
use super::fork::{self, Fork};
use super::rows::Row;
use super::window::Entry;

/// How many positions one statement passes over in search of what a filter lets through.
const SPAN: i64 = 10_000;
/// The same in memory.
const NEAR: usize = 256;

/// Which events a reader wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these types only; empty for all.
    pub types: Vec<String>,
    /// Of these streams only; empty for all.
    pub streams: Vec<Uuid>,
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.streams.is_empty()
    }

    /// Whether it lets `row` through.
    #[must_use]
    pub fn admits(&self, row: &Row) -> bool {
        (self.types.is_empty() || self.types.contains(&row.event_type))
            && (self.streams.is_empty() || self.streams.contains(&row.stream_id))
    }
}

/// A part of the log.
pub struct Slice {
    /// What the filter let through, in order.
    pub entries: Vec<Arc<Entry>>,
    /// Up to where the log was looked at.
    pub scanned: i64,
}

impl Slice {
    /// At most `limit` of the `near` events behind `position` that `filter` lets through.
    fn of(near: Vec<Arc<Entry>>, position: i64, filter: &Filter, limit: usize) -> Self {
        let mut slice = Self { entries: Vec::new(), scanned: position };
        for entry in near {
            slice.scanned = entry.row.position;
            if filter.admits(&entry.row) {
                slice.entries.push(entry);
            }
            if slice.entries.len() == limit {
                break;
            }
        }
        slice
    }
}

impl PgLog {
    /// At most `limit` events behind `position` that `filter` lets through, not beyond `ceiling`, which is
    /// not beyond the head. It looks at a bounded part of the log and says how far it came.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn slice(
        &self,
        position: i64,
        ceiling: i64,
        filter: &Filter,
        limit: usize,
    ) -> sqlx::Result<Slice> {
        if position >= ceiling {
            return Ok(Slice { entries: Vec::new(), scanned: position });
        }
        if let Some(near) = self.window.after(&self.pool, position, ceiling, NEAR).await? {
            return Ok(Slice::of(near, position, filter, limit));
        }
        let last = ceiling.min(position + SPAN);
        let rows: Vec<Row> = sqlx::query_as(
            "select * from ledger.feed
              where position > $1
                and position <= $2
                and ($3::text[] = '{}' or event_type = any($3))
                and ($4::uuid[] = '{}' or stream_id = any($4))
              order by position
              limit $5",
        )
        .bind(position)
        .bind(last)
        .bind(&filter.types)
        .bind(&filter.streams)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let scanned = if rows.len() < limit { last } else { rows.last().map_or(last, |row| row.position) };
        Ok(Slice { entries: rows.into_iter().map(Entry::new).collect(), scanned })
    }

    /// The cursors of `positions`, none of which is beyond the head.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn cursors(&self, positions: &[i64]) -> sqlx::Result<Vec<Cursor>> {
        fork::cursors(&self.pool, positions).await
    }

    /// The cursor of `position`, which is not beyond the head.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn cursor(&self, position: i64) -> sqlx::Result<Cursor> {
        Ok(self.cursors(&[position]).await?.swap_remove(0))
    }

    /// Where a reader's place parts from this log; none if it is a place in it, as far as it can prove that.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn fork_of(&self, place: &Place) -> sqlx::Result<Option<Fork>> {
        fork::find(&self.pool, place).await
    }
}
