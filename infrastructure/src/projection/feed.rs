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
    pub(crate) event: Result<Arc<Recorded>, String>,
}

impl Next {
    fn read(event: Arc<Recorded>) -> Self {
        Self { position: event.position, entity: entity(event.stream), event: Ok(event) }
    }
}

/// What the events of a stream are about: a conversation is about its ticket.
fn entity(stream: Uuid) -> Uuid {
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
        let event = match row.open(log.keys()).await {
            Ok(event) => Ok(Arc::new(event)),
            Err(KeyError::Database(error)) => return Err(error),
            Err(error) => Err(error.to_string()),
        };
        events.push(Next { position: row.position, entity: entity(row.stream_id), event });
    }
    Ok(events)
}
