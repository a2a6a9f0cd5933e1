//! Waking each other: processes tell one another how far the log reaches, as a hint.
//!
//! One connection of its own listens; another says, at most every [`PACE`], how far this process appended.
//! Never in the append transaction: a notification takes a lock over the whole cluster at commit. Whoever
//! misses one finds out within [`LOOK`].

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::epoch::Epoch;
use super::tail::Tail;
use crate::database::Database;

const CHANNEL: &str = "ledgerdesk_head";
const PACE: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_secs(5);

/// Tells and hears how far the log reaches, until it is aborted.
pub(super) async fn run(database: Database, tail: Arc<Tail>, epoch: Arc<Epoch>) {
    tokio::join!(tell(&database, &tail), hear(&database, &tail, &epoch));
}

async fn tell(database: &Database, tail: &Tail) {
    let mut appended = tail.watch_appended();
    while appended.changed().await.is_ok() {
        let position = *appended.borrow_and_update();
        announce(database.pool(), position).await;
        tokio::time::sleep(PACE).await;
    }
}

/// Tells the other processes that the log reaches `position`.
pub(super) async fn announce(pool: &PgPool, position: i64) {
    let told =
        sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(position.to_string()).execute(pool).await;
    if let Err(error) = told {
        tracing::debug!(error = %error, "Other processes were not told of new events");
    }
}

async fn hear(database: &Database, tail: &Tail, epoch: &Epoch) {
    loop {
        if let Err(error) = listen(database, tail, epoch).await {
            tracing::debug!(error = %error, "Cannot listen for new events");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Listens until the connection breaks; looks by itself when it hears nothing for a while.
async fn listen(database: &Database, tail: &Tail, epoch: &Epoch) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(database.pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        look(database, tail).await?;
        epoch.open(&mut *database.pool().acquire().await?).await?;
        while let Ok(heard) = tokio::time::timeout(LOOK, listener.try_recv()).await {
            match heard? {
                Some(notification) => tail.advance(notification.payload().parse().unwrap_or_default()),
                // The connection was lost and found again: what was said meanwhile was not heard.
                None => break,
            }
        }
    }
}

async fn look(database: &Database, tail: &Tail) -> sqlx::Result<()> {
    let head: i64 = sqlx::query_scalar("select coalesce(max(last_position), 0) from ledger.blocks")
        .fetch_one(database.pool())
        .await?;
    tail.advance(head);
    Ok(())
}
