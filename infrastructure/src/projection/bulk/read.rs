//! Reads the log in order of position by COPY, and gives every worker all of it.

use std::sync::Arc;

use futures::TryStreamExt as _;
use sqlx::{Executor as _, PgConnection};
use tokio::sync::mpsc;

use super::super::progress::Progress;
use super::Stop;
use super::decode::{Batch, COLUMNS, Splitter};

/// How many events one statement reads: a long one would keep old versions of rows alive everywhere.
const EVENTS: i64 = 100_000;
/// How many bytes make a batch: after each it is looked at how much memory the rows take.
const BATCH: usize = 2 << 20;
/// Always the index on the position: it is in order, and its first row comes at once.
const SETTINGS: &str = "set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off;
    set max_parallel_workers_per_gather = 0";

const AS_USUAL: &str = "reset enable_seqscan; reset enable_sort; reset enable_bitmapscan;
    reset max_parallel_workers_per_gather";

/// Sends every event up to `to` to all of `workers`.
pub(super) async fn send_batches(
    connection: &mut PgConnection,
    to: i64,
    mut workers: Vec<mpsc::Sender<Arc<Batch>>>,
    progress: &Progress,
) -> Result<(), Stop> {
    connection.execute(SETTINGS).await?;
    let mut from = 1;
    while from <= to && !workers.is_empty() {
        let last = to.min(from + EVENTS - 1);
        let statement = format!(
            "copy (select {COLUMNS} from ledger.events where position between {from} and {last} \
             order by position) to stdout (format binary)"
        );
        let mut splitter = Splitter::default();
        let mut rows = connection.copy_out_raw(&statement).await?;
        while let Some(bytes) = rows.try_next().await? {
            splitter.push(&bytes);
            if splitter.len() >= BATCH {
                send(&mut workers, splitter.take()).await;
            }
        }
        drop(rows);
        send(&mut workers, splitter.take()).await;
        progress.folded(last);
        from = last + 1;
    }
    connection.execute(AS_USUAL).await?;
    Ok(())
}

/// Sends a batch to everybody who still listens: a worker that stopped says why when it is asked.
async fn send(workers: &mut Vec<mpsc::Sender<Arc<Batch>>>, batch: Batch) {
    if batch.is_empty() {
        return;
    }
    let batch = Arc::new(batch);
    let mut listening = Vec::with_capacity(workers.len());
    for worker in workers.drain(..) {
        if worker.send(Arc::clone(&batch)).await.is_ok() {
            listening.push(worker);
        }
    }
    *workers = listening;
}
