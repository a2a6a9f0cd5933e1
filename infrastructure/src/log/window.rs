//! The newest events, read and opened once for all who follow the log closely.
//!
//! Who lags further behind reads the database for itself, so nobody keeps memory for a slow reader.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::event::Event;
use sqlx::PgPool;
use tokio::sync::OnceCell;

use super::rows::Row;
use crate::keys::{KeyError, Keyring};

/// How many events are kept, and how many bytes of them.
const KEPT: usize = 1_024;
const BYTES: usize = 8 << 20;
/// An event older than this is read again, so a destroyed key is soon gone here as well.
const FRESH: Duration = Duration::from_mins(1);
/// How many are read at a time.
const FILL: i64 = 256;

/// An event as stored, opened when the first reader needs it.
pub struct Entry {
    /// As stored.
    pub row: Row,
    event: OnceCell<Event>,
    read_at: Instant,
}

impl Entry {
    pub(super) fn new(row: Row) -> Arc<Self> {
        Arc::new(Self { row, event: OnceCell::new(), read_at: Instant::now() })
    }

    /// Whether it was opened already.
    pub(super) fn is_open(&self) -> bool {
        self.event.initialized()
    }

    /// The event. One that cannot be read counts as unknown: a stream does not end at it.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn event(&self, keys: &Arc<Keyring>) -> Result<&Event, KeyError> {
        let open = || async {
            match self.row.open(keys).await {
                Ok(recorded) => Ok(recorded.event),
                Err(KeyError::Database(error)) => Err(KeyError::Database(error)),
                Err(error) => {
                    tracing::warn!(position = self.row.position, %error, "An event cannot be read");
                    Ok(Event::Unknown(self.row.event_type.as_str().into()))
                }
            }
        };
        self.event.get_or_try_init(open).await
    }
}

/// The newest events, without holes.
#[derive(Default)]
pub(super) struct Window {
    newest: Mutex<VecDeque<Arc<Entry>>>,
    /// Whoever holds it reads what is missing; the others wait and find it there.
    filling: tokio::sync::Mutex<()>,
}

impl Window {
    /// Forgets all of them: somebody was erased.
    pub(super) fn forget(&self) {
        self.newest.lock().expect("no panic while the window moves").clear();
    }

    /// At most `limit` events right behind `position` and up to `ceiling`, which is not beyond the head; none
    /// for a reader too far behind.
    pub(super) async fn after(
        &self,
        pool: &PgPool,
        position: i64,
        ceiling: i64,
        limit: usize,
    ) -> sqlx::Result<Option<Vec<Arc<Entry>>>> {
        let kept = i64::try_from(KEPT).unwrap_or(i64::MAX);
        if position < ceiling - kept {
            return Ok(None);
        }
        if let Some(found) = self.find(position, ceiling, limit) {
            return Ok(Some(found));
        }
        let _filling = self.filling.lock().await;
        if let Some(found) = self.find(position, ceiling, limit) {
            return Ok(Some(found));
        }
        let from = match self.ends() {
            Some((oldest, _)) if position < oldest - 1 => return Ok(None),
            Some((_, newest)) if position < newest + FILL => newest,
            _ => {
                self.newest.lock().expect("no panic while the window moves").clear();
                position
            }
        };
        let rows: Vec<Row> =
            sqlx::query_as("select * from ledger.feed where position > $1 order by position limit $2")
                .bind(from)
                .bind(FILL.max(position - from + 1))
                .fetch_all(pool)
                .await?;
        self.extend(rows);
        Ok(self.find(position, ceiling, limit))
    }

    fn ends(&self) -> Option<(i64, i64)> {
        let newest = self.newest.lock().expect("no panic while the window moves");
        Some((newest.front()?.row.position, newest.back()?.row.position))
    }

    fn find(&self, position: i64, ceiling: i64, limit: usize) -> Option<Vec<Arc<Entry>>> {
        let mut newest = self.newest.lock().expect("no panic while the window moves");
        while newest.front().is_some_and(|entry| entry.read_at.elapsed() > FRESH) {
            newest.pop_front();
        }
        let skip = usize::try_from(position + 1 - newest.front()?.row.position).ok()?;
        let found = newest.iter().skip(skip).take(limit).take_while(|entry| entry.row.position <= ceiling);
        let found: Vec<_> = found.cloned().collect();
        (!found.is_empty()).then_some(found)
    }

    fn extend(&self, rows: Vec<Row>) {
        let mut newest = self.newest.lock().expect("no panic while the window moves");
        newest.extend(rows.into_iter().map(Entry::new));
        let mut bytes: usize = newest.iter().map(|entry| entry.row.payload.len()).sum();
        while newest.len() > KEPT || (bytes > BYTES && newest.len() > 1) {
            bytes -= newest.pop_front().map_or(0, |entry| entry.row.payload.len());
        }
    }
}
