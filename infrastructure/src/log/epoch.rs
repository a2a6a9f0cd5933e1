//! Epochs: runs of one server, by which a reader can tell how far two histories are one.
//!
//! Whoever appends opens the epoch over the same connection first. So all events between two epochs were
//! written by one server, one after the other, and a restored or promoted log has an epoch of its own from
//! exactly the position at which it parted from the other.

use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use uuid::Uuid;

/// The epoch this process writes in.
pub(crate) struct Epoch(watch::Sender<i32>);

impl Epoch {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Opens the next epoch if the server is not the one of the newest.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(super) async fn open(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let epoch: i32 = sqlx::query_scalar("select ledger.open_epoch()").fetch_one(connection).await?;
        self.0.send_if_modified(|known| {
            let other = *known != epoch;
            if other {
                tracing::info!(epoch, "The log is in this epoch");
            }
            *known = epoch;
            other
        });
        Ok(())
    }

    /// Follows which epoch it is.
    pub(super) fn watch(&self) -> watch::Receiver<i32> {
        self.0.subscribe()
    }
}

/// The log's identity: that of its first epoch, which every copy shares.
pub(super) async fn log_id(pool: &PgPool) -> sqlx::Result<Uuid> {
    sqlx::query_scalar("select id from ledger.epochs order by epoch limit 1").fetch_one(pool).await
}
