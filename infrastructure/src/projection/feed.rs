//! The events a read model takes, in order; also those that cannot be understood.

use std::sync::Arc;

use domain::event::Recorded;
use uuid::Uuid;

use crate::keys::KeyError;
use crate::log::PgLog;

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

    /// The event for a read model that shows texts, or does not; or why it cannot be read.
    pub(crate) fn event(&self, texts: bool) -> Result<&Recorded, &str> {
        match (&self.event, &self.without_texts) {
            (Ok(event), _) => Ok(event),
            (Err(_), Some(event)) if !texts => Ok(event),
            (Err(error), _) => Err(error),
        }
    }
}

/// What the events of a stream are about: a conversation is about its ticket.
pub(crate) fn entity(stream: Uuid) -> Uuid {
    domain::id::TicketId::of_stream(stream).stream()
}

/// At most `limit` events behind `position`: from memory when they are at hand, else from the database.
pub(crate) async fn after(log: &PgLog, position: i64, limit: usize) -> sqlx::Result<Vec<Next>> {
    if let Some(events) = log.tail_after(position, limit) {
        return Ok(events.into_iter().map(Next::read).collect());
    }
    let rows = log.rows_after(position, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let (event, without_texts) = match row.open(log.keys()).await {
            Ok(event) => (Ok(Arc::new(event)), None),
            Err(KeyError::Database(error)) => return Err(error),
            Err(error) => (Err(error.to_string()), row.without_texts().ok().map(Arc::new)),
        };
        events.push(Next { position: row.position, entity: entity(row.stream_id), event, without_texts });
    }
    Ok(events)
}
