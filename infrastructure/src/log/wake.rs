//! Waking each other: processes tell one another how far the log reaches, whom they forgot, and who looks at what
//! just now, as hints.
//!
//! One connection of its own listens; another says, at most every [`PACE`], how far this process appended.
//! Never in the append transaction: a notification takes a lock over the whole cluster at commit. Whoever
//! misses one finds out within [`LOOK`].

use std::sync::Arc;
use std::time::Duration;

use domain::id::UserId;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification};
use tokio::sync::broadcast;

use super::epoch::Epoch;
use super::erased::Erased;
use super::tail::Tail;
use crate::database::Database;

const HEAD: &str = "ledgerdesk_head";
const ERASED: &str = "ledgerdesk_erased";
const PRESENCE: &str = "ledgerdesk_presence";
const PACE: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_secs(5);

/// What a process does with what it hears.
pub(super) struct Ears {
    pub(super) database: Database,
    pub(super) tail: Arc<Tail>,
    pub(super) epoch: Arc<Epoch>,
    pub(super) erased: Arc<Erased>,
    pub(super) presence: broadcast::Sender<Arc<str>>,
}

/// Tells and hears how far the log reaches and who was erased, until it is aborted.
pub(super) async fn run(ears: Ears) {
    tokio::join!(tell(&ears.database, &ears.tail), ears.hear());
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
    if let Err(error) = notify(pool, HEAD, &position.to_string()).await {
        tracing::debug!(error = %error, "Other processes were not told of new events");
    }
}

/// Tells all processes, this one included, to forget `subject`.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn announce_erased(pool: &PgPool, subject: UserId) -> sqlx::Result<()> {
    notify(pool, ERASED, &subject.to_string()).await
}

/// Tells all processes, this one included, who looks at what; `said` has less than 8,000 bytes.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn announce_presence(pool: &PgPool, said: &str) -> sqlx::Result<()> {
    notify(pool, PRESENCE, said).await
}

async fn notify(pool: &PgPool, channel: &str, payload: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, $2)").bind(channel).bind(payload).execute(pool).await.map(|_| ())
}

impl Ears {
    async fn hear(&self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::debug!(error = %error, "Cannot listen for new events");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Listens until the connection breaks; looks by itself when it hears nothing for a while.
    async fn listen(&self) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(self.database.pool()).await?;
        listener.listen_all([HEAD, ERASED, PRESENCE]).await?;
        loop {
            self.look().await?;
            self.epoch.open(&mut *self.database.pool().acquire().await?).await?;
            while let Ok(heard) = tokio::time::timeout(LOOK, listener.try_recv()).await {
                match heard? {
                    Some(notification) => self.heard(&notification),
                    // The connection was lost and found again: what was said meanwhile was not heard.
                    None => break,
                }
            }
        }
    }

    fn heard(&self, said: &PgNotification) {
        match said.channel() {
            ERASED => {
                if let Ok(subject) = said.payload().parse() {
                    self.erased.forget(UserId(subject));
                }
            }
            PRESENCE => {
                // Nobody listening is nobody to tell.
                let _ = self.presence.send(said.payload().into());
            }
            _ => self.tail.advance(said.payload().parse().unwrap_or_default()),
        }
    }

    async fn look(&self) -> sqlx::Result<()> {
        let head: i64 = sqlx::query_scalar("select coalesce(max(last_position), 0) from ledger.blocks")
            .fetch_one(self.database.pool())
            .await?;
        self.tail.advance(head);
        self.erased.learn().await
    }
}
