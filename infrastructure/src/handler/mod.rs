//! Handlers: what follows from an event as a live effect, unlike a read model, which is only computed.
//!
//! A handler starts at the head of the log as it is when the handler is first known and is never rebuilt. Of
//! several processes one runs it, under a fenced lease. It hears of an event at least once, so its effects are
//! idempotent: what it writes to the log has the command id [`command_id`], and is there once.

pub(crate) mod keeper;
mod status;

use std::sync::Arc;

use async_trait::async_trait;
use domain::event::Recorded;
use futures::future::join_all;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::keeper::Keeper;
pub use self::status::{Status, status};
use crate::database::Database;
use crate::log::PgLog;

/// What follows from events of some types.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Its name in `desk.handlers`, for ever.
    fn name(&self) -> &'static str;

    /// The types of the events it hears of.
    fn types(&self) -> &'static [&'static str];

    /// Lets follow what follows from `event`. May be cut off at any `await` and is then called again.
    ///
    /// # Errors
    /// It is called again, at longer and longer intervals. While the database is away that goes on; after other
    /// errors than [`NotNow`] the event is parked in the end, and what follows on the same ticket or user with it.
    async fn handle(&self, event: &Recorded) -> anyhow::Result<()>;
}

/// An event cannot be handled now, and nothing is wrong with it: it is tried again until it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotNow(pub &'static str);

/// The command that `handler` issues because of the event at `position`: the same however often it does.
#[must_use]
pub fn command_id(handler: &str, position: i64) -> Uuid {
    const HANDLERS: Uuid = Uuid::from_u128(0x6d0d_5c9e_9a1b_5f0e_8c1e_3f1b_9d3a_7a10);
    Uuid::new_v5(&HANDLERS, format!("{handler}:{position}").as_bytes())
}

/// Runs handlers.
pub struct Runner {
    log: Arc<PgLog>,
    database: Database,
    handlers: Vec<Arc<dyn Handler>>,
}

impl Runner {
    /// A runner for `handlers`, those that are new starting at the log's present end.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn register(
        log: Arc<PgLog>,
        database: Database,
        handlers: Vec<Arc<dyn Handler>>,
    ) -> sqlx::Result<Self> {
        for handler in &handlers {
            register(database.pool(), handler.name()).await?;
        }
        Ok(Self { log, database, handlers })
    }

    /// Runs until `stop`, whatever happens to the database meanwhile. What a handler is doing then is cut off, and
    /// done again by whoever runs it next.
    pub async fn run(self, stop: CancellationToken) {
        let me = Uuid::now_v7();
        let keepers = self.handlers.into_iter().map(|handler| {
            let keeper = Keeper::new(Arc::clone(&self.log), self.database.pool().clone(), handler, me);
            keeper.run(stop.clone())
        });
        join_all(keepers).await;
    }
}

async fn register(pool: &PgPool, name: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into desk.handlers (name, position)
         select $1, coalesce(max(last_position), 0) from ledger.blocks
             on conflict (name) do nothing",
    )
    .bind(name)
    .execute(pool)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::command_id;

    #[test]
    fn a_command_is_named_by_its_handler_and_its_cause() {
        assert_eq!(command_id("routing", 7), command_id("routing", 7));
        assert_ne!(command_id("routing", 7), command_id("routing", 8));
        assert_ne!(command_id("routing", 7), command_id("mail", 7));
        // Stored for ever: another value would have every effect a second time.
        assert_eq!(command_id("routing", 7).to_string(), "e6fa04e1-2f62-5020-ad78-8a7eb089edea");
    }
}
