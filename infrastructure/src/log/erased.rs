//! What this process forgets when somebody is erased: their key, and the newest events, which are kept opened.
//!
//! Processes tell one another whose key was destroyed; besides, each asks every few seconds, and before it takes
//! over read models. So even one that heard nothing opens nothing of theirs for long, and folds nothing of it.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use domain::id::UserId;
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

use super::tail::Tail;
use super::window::Window;
use super::{PgLog, wake};
use crate::keys::Keyring;

/// What there is to forget in this process.
pub(crate) struct Erased {
    pool: PgPool,
    keys: Arc<Keyring>,
    tail: Arc<Tail>,
    window: Arc<Window>,
    /// Up to when, by the database's clock, every destroyed key is known here.
    learned: Mutex<Option<DateTime<Utc>>>,
    /// How often somebody was forgotten.
    times: watch::Sender<u64>,
}

impl Erased {
    pub(super) fn new(pool: PgPool, keys: Arc<Keyring>, (tail, window): (Arc<Tail>, Arc<Window>)) -> Self {
        Self { pool, keys, tail, window, learned: Mutex::default(), times: watch::Sender::new(0) }
    }

    /// Forgets what this process has in memory of `subject`, whose key was destroyed.
    pub(super) fn forget(&self, subject: UserId) {
        self.keys.forget(subject);
        self.tail.forget();
        self.window.forget();
        self.times.send_modify(|times| *times += 1);
    }

    /// Follows how often somebody was forgotten.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.times.subscribe()
    }

    /// Asks whose keys were destroyed since it asked last, and forgets them.
    pub(super) async fn learn(&self) -> sqlx::Result<()> {
        let learned = *self.learned.lock().expect("no panic while a time is noted");
        // What a transaction under way destroys has an earlier time than its commit.
        let (now, destroyed): (DateTime<Utc>, Vec<Uuid>) = sqlx::query_as(
            "select now(), array(select subject from desk.subject_keys
                                  where destroyed_at > coalesce($1, now()) - interval '1 minute')",
        )
        .bind(learned)
        .fetch_one(&self.pool)
        .await?;
        for subject in destroyed.into_iter().map(UserId) {
            if !self.keys.is_destroyed(subject) {
                self.forget(subject);
            }
        }
        *self.learned.lock().expect("no panic while a time is noted") = Some(now);
        Ok(())
    }
}

impl PgLog {
    /// Forgets what this process has in memory of `subject`, whose key was destroyed, and tells all others to.
    ///
    /// # Errors
    /// The others could not be told; they find out by themselves within seconds.
    pub async fn forget(&self, subject: UserId) -> sqlx::Result<()> {
        self.erased.forget(subject);
        wake::announce_erased(&self.pool, subject).await
    }

    /// Asks whose keys were destroyed lately, and forgets them. From then on nothing that this process reads or has
    /// in memory shows their texts.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn learn_destroyed(&self) -> sqlx::Result<()> {
        self.erased.learn().await
    }

    /// Follows how often somebody was forgotten: whoever keeps more in memory forgets it then, too.
    #[must_use]
    pub fn watch_erased(&self) -> watch::Receiver<u64> {
        self.erased.watch()
    }
}
