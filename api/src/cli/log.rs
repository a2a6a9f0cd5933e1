//! `ledgerdesk log …`

use std::time::Duration;

use chrono::SecondsFormat;
use infrastructure::log::Row;
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::{Globals, Tail};
use super::failure::Failure;
use super::output::Output;
use super::site::{Site, Use};

/// How many events are read at a time.
const BATCH: i64 = 500;
/// How many events are shown when nobody says how many.
const SHOWN: i64 = 20;
/// How long to wait for a sign of new events before looking oneself.
const LOOK: Duration = Duration::from_secs(1);

/// An event as it is stored.
#[derive(Serialize)]
struct Line<'a> {
    position: i64,
    event_id: uuid::Uuid,
    stream_type: &'a str,
    stream_id: uuid::Uuid,
    version: i32,
    event_type: &'a str,
    schema_version: i16,
    occurred_at: chrono::DateTime<chrono::Utc>,
    recorded_at: chrono::DateTime<chrono::Utc>,
    actor_kind: &'a str,
    actor_id: Option<uuid::Uuid>,
    via: &'a str,
    command_id: uuid::Uuid,
    causation_id: Option<uuid::Uuid>,
    correlation_id: uuid::Uuid,
    payload: &'a RawValue,
}

/// Prints the position of the newest event.
pub(crate) async fn head(site: &Site, output: Output) -> anyhow::Result<()> {
    let position = site.log().await?.head().await?;
    output.result(&serde_json::json!({ "position": position }), || position.to_string())
}

/// Prints events as they are stored; with `--follow` until interrupted.
pub(crate) async fn tail(globals: &Globals, output: Output, args: Tail) -> Result<(), Failure> {
    match Site::visit(globals, Use::Reading, async |site| print(site, output, &args).await).await {
        Err(Failure::Interrupted) if args.follow => Ok(()),
        other => other,
    }
}

async fn print(site: &Site, output: Output, args: &Tail) -> anyhow::Result<()> {
    let log = site.log().await?;
    let head = log.head().await?;
    let mut position = args.after.unwrap_or_else(|| (head - args.limit.unwrap_or(SHOWN)).max(0));
    // A limit counts from a given position; without one it only chose where to begin.
    let mut left = args.limit.filter(|_| args.after.is_some()).unwrap_or(i64::MAX);
    let mut moved = log.watch_head();
    while left > 0 {
        let rows = log.rows_after(position, left.min(BATCH)).await?;
        for row in &rows {
            show(output, row)?;
            (position, left) = (row.position, left - 1);
        }
        if rows.is_empty() {
            if !args.follow {
                break;
            }
            let _ = tokio::time::timeout(LOOK, moved.changed()).await;
        }
    }
    Ok(())
}

fn show(output: Output, row: &Row) -> anyhow::Result<()> {
    let line = Line {
        position: row.position,
        event_id: row.event_id,
        stream_type: &row.stream_type,
        stream_id: row.stream_id,
        version: row.version,
        event_type: &row.event_type,
        schema_version: row.schema_version,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        actor_kind: &row.actor_kind,
        actor_id: row.actor_id,
        via: &row.via,
        command_id: row.command_id,
        causation_id: row.causation_id,
        correlation_id: row.correlation_id,
        payload: serde_json::from_str(&row.payload)?,
    };
    output.result(&line, || {
        let actor =
            row.actor_id.map_or_else(|| row.actor_kind.clone(), |id| format!("{} {id}", row.actor_kind));
        format!(
            "{:>8}  {}  {}  {} {} v{}  by {actor}  {}",
            row.position,
            row.recorded_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            row.event_type,
            row.stream_type,
            row.stream_id,
            row.version,
            row.payload,
        )
    })
}
