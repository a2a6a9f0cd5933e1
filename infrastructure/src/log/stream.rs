//! Streams as they are loaded: opened row by row while the server is still sending the rest.

use std::pin::pin;
use std::sync::Arc;

use domain::access::{Actor, ActorKind};
use domain::event::{Event, Recorded};
use futures::{Stream, TryStreamExt as _};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::keys::{KeyError, Keyring};

/// What is read of an event, in this order: rows are taken apart by place, since finding sixteen columns by name
/// costs as much as opening a text.
pub(super) const COLUMNS: &str = "f.position, f.stream_id, f.version, f.occurred_at, f.recorded_at, f.actor_kind, \
    f.actor_id, f.via, f.command_id, f.causation_id, f.correlation_id, f.event_id, f.stream_type, f.event_type, \
    f.schema_version, f.payload";

/// The events in `rows`, opened. The rows' connection is free again before keys have to be read, which takes another.
///
/// # Errors
/// The database cannot be reached, or an event is not authentic or not what its type says.
pub(super) async fn opened(
    rows: impl Stream<Item = sqlx::Result<PgRow>> + Send,
    keys: &Arc<Keyring>,
) -> Result<Vec<Recorded>, KeyError> {
    let read = at_hand(rows, keys).await?;
    let lacking = read.iter().filter_map(|read| read.as_ref().err());
    let payloads: Vec<&str> =
        lacking.map(|row| stored(row).map(|(.., payload)| payload)).collect::<Result<_, _>>()?;
    keys.fetch(payloads).await?;
    let mut events = Vec::with_capacity(read.len());
    for read in read {
        events.push(match read {
            Ok(recorded) => recorded,
            Err(row) => {
                let (event_id, stream_type, event_type, schema_version, payload) = stored(&row)?;
                let event = keys.open(event_id, stream_type, event_type, schema_version, payload).await?;
                recorded(&row, event)?
            }
        });
    }
    Ok(events)
}

/// The events in `rows`, each opened if its keys are at hand, and as it came if not.
async fn at_hand(
    rows: impl Stream<Item = sqlx::Result<PgRow>> + Send,
    keys: &Arc<Keyring>,
) -> Result<Vec<Result<Recorded, PgRow>>, KeyError> {
    let mut rows = pin!(rows);
    let mut read = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let (event_id, stream_type, event_type, schema_version, payload) = stored(&row)?;
        read.push(match keys.open_at_hand(event_id, stream_type, event_type, schema_version, payload) {
            Ok(event) => Ok(recorded(&row, event?)?),
            Err(_) => Err(row),
        });
    }
    Ok(read)
}

/// The stored form: the event's id, its stream's type, its own, its version and its payload.
fn stored(row: &PgRow) -> sqlx::Result<(Uuid, &str, &str, i16, &str)> {
    Ok((row.try_get(11)?, row.try_get(12)?, row.try_get(13)?, row.try_get(14)?, row.try_get(15)?))
}

fn recorded(row: &PgRow, event: Event) -> sqlx::Result<Recorded> {
    let kind: &str = row.try_get(5)?;
    let via: &str = row.try_get(7)?;
    Ok(Recorded {
        position: row.try_get(0)?,
        event_id: row.try_get(11)?,
        stream: row.try_get(1)?,
        version: row.try_get(2)?,
        occurred_at: row.try_get(3)?,
        recorded_at: row.try_get(4)?,
        actor: Actor { kind: kind.parse().unwrap_or(ActorKind::System), id: row.try_get(6)? },
        via: via.into(),
        command_id: row.try_get(8)?,
        causation_id: row.try_get(9)?,
        correlation_id: row.try_get(10)?,
        event,
    })
}
