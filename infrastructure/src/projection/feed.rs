//! The events a read model takes, in order; also those that cannot be understood.

use std::sync::Arc;

use domain::event::Recorded;
use uuid::Uuid;

use crate::keys::bulk::BulkOpener;
use crate::log::{PgLog, Row};

/// The next event of the log.
#[derive(Clone)]
pub(crate) struct Next {
    /// Its position.
    pub(crate) position: i64,
    /// The ticket or user it is about: what is parked together.
    pub(crate) entity: Uuid,
    /// The event, or why it cannot be read.
    event: Result<Arc<Recorded>, String>,
    /// The same without its texts, if only they cannot be read.
    without_texts: Option<Arc<Recorded>>,
}

impl Next {
    fn read(event: Arc<Recorded>) -> Self {
        let (position, entity) = (event.position, entity(event.stream));
        Self { position, entity, event: Ok(event), without_texts: None }
    }

    fn open(row: &Row, opener: &BulkOpener) -> Self {
        let (event, without_texts) = match opener.open(row.stored()) {
            Ok(event) => (Ok(Arc::new(row.recorded(event))), None),
            Err(error) => (Err(error), row.without_texts().ok().map(Arc::new)),
        };
        Self { position: row.position, entity: entity(row.stream_id), event, without_texts }
    }

    /// The event for whoever needs the texts of events of the types `texts_of`; or why it cannot be read.
    pub(crate) fn event(&self, texts_of: &[&str]) -> Result<&Recorded, &str> {
        match (&self.event, &self.without_texts) {
            (Ok(event), _) => Ok(event),
            (Err(_), Some(event)) if !texts_of.contains(&event.event.type_name()) => Ok(event),
            (Err(error), _) => Err(error),
        }
    }
}

/// What the events of a stream are about: a conversation is about its ticket.
pub(crate) fn entity(stream: Uuid) -> Uuid {
    domain::id::TicketId::of_stream(stream).stream()
}

/// How many positions are looked through at a time.
const WINDOW: i64 = 20_000;

/// The events of these `types` behind `position`, and how far they were looked for: at most to `head`. From memory
/// when all events there are at hand, else from the database, which passes over the others.
pub(crate) async fn of_types(
    log: &PgLog,
    position: i64,
    head: i64,
    types: &[&'static str],
) -> sqlx::Result<(Vec<Next>, i64)> {
    if let Some(events) = log.tail_after(position, usize::MAX) {
        let reached = events.last().map_or(position, |event| event.position);
        let wanted = events.into_iter().filter(|event| types.contains(&event.event.type_name()));
        return Ok((wanted.map(Next::read).collect(), reached));
    }
    let window = WINDOW.min(head - position);
    let rows = log.rows_of_types(position, window, types).await?;
    Ok((opened(log, rows, types.into()).await?, position + window))
}

/// At most `limit` events behind `position`: from memory when they are at hand, else from the database, and then only with the
/// texts of the types `texts_of` opened.
pub(crate) async fn after(
    log: &PgLog,
    position: i64,
    limit: usize,
    texts_of: &Arc<[&'static str]>,
) -> sqlx::Result<Vec<Next>> {
    if let Some(events) = log.tail_after(position, limit) {
        return Ok(events.into_iter().map(Next::read).collect());
    }
    let rows = log.rows_after(position, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
    opened(log, rows, Arc::clone(texts_of)).await
}

/// The events at these `positions`, with the texts of the types `texts_of` opened.
pub(crate) async fn at(log: &PgLog, positions: &[i64], texts_of: &[&'static str]) -> sqlx::Result<Vec<Next>> {
    opened(log, log.rows_at(positions).await?, texts_of.into()).await
}

/// So many events are opened at once; more are opened where nobody waits for the thread.
const FEW: usize = 100;

async fn opened(log: &PgLog, rows: Vec<Row>, texts_of: Arc<[&'static str]>) -> sqlx::Result<Vec<Next>> {
    let mut opener = BulkOpener::new(Arc::clone(log.keys()), texts_of);
    let keys = opener.keys_of(rows.iter().map(Row::stored)).await?;
    opener.take(keys);
    let is_little = rows.len() <= FEW;
    let open = move || rows.iter().map(|row| Next::open(row, &opener)).collect();
    if is_little {
        return Ok(open());
    }
    tokio::task::spawn_blocking(open).await.map_err(|_| sqlx::Error::WorkerCrashed)
}
