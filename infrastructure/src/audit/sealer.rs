//! Signing heads: at intervals while the log grows, and whenever somebody asks for one.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;

use super::tiles::{Tiles, unsigned};
use super::{Audit, AuditError, SignedHead};
use crate::log::Hash;

impl Audit {
    /// Signs a head at once and then `every` so often, if the log has grown, until `stop`. Of several processes one
    /// signs. A database that is away is tried again the next time; a log that is not what was signed is reported
    /// every time.
    pub async fn keep_sealing(self, every: Duration, stop: CancellationToken) {
        let sealing = async {
            loop {
                match self.seal().await {
                    Ok(_) => {}
                    Err(AuditError::Database(error)) => {
                        tracing::warn!(%error, "No head of the log could be signed");
                    }
                    Err(error) => {
                        tracing::error!(%error, "The log is not sealed any more: run `ledgerdesk log verify`");
                    }
                }
                tokio::time::sleep(every).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sealing => {}
        }
    }

    /// The head of the log as it is now, signed if it was not; none for an empty log.
    ///
    /// # Errors
    /// The database cannot be reached, or the log is not what earlier heads say.
    pub async fn seal(&self) -> Result<Option<SignedHead>, AuditError> {
        self.sealed(None).await
    }

    /// The head at the end of the block that holds `position`, signed if it was not; none if the log ends before.
    ///
    /// # Errors
    /// The database cannot be reached, or the log is not what other heads say.
    pub async fn seal_at(&self, position: i64) -> Result<Option<SignedHead>, AuditError> {
        self.sealed(Some(position)).await
    }

    async fn sealed(&self, position: Option<i64>) -> Result<Option<SignedHead>, AuditError> {
        let block = self.block_at(position).await?;
        let newest = self.heads(i64::MAX, 1).await?.pop();
        let Some((size, block_hash)) = block else {
            return if newest.is_none() || position.is_some() { Ok(None) } else { Err(CUT) };
        };
        if position.is_none() && newest.is_some_and(|head| head.size > size) {
            return Err(CUT);
        }
        if let Some(head) = self.head_of(size).await? {
            return Ok(Some(head));
        }
        self.grow(size).await?;
        for head in self.neighbours(size).await? {
            if self.root(head.size).await? != head.root {
                return Err(AuditError::Unsound("the log does not agree with a head that was signed before"));
            }
        }
        let head = self.keys.head_key().sign(size, self.root(size).await?, block_hash, Utc::now());
        self.keep(&head).await?;
        self.head_of(size).await
    }

    /// The root of the tree over the log's first `size` events, which the tree covers.
    pub(super) async fn root(&self, size: i64) -> Result<Hash, AuditError> {
        let mut tiles = Tiles::default();
        let range = 0..unsigned(size);
        tiles.read(&self.pool, std::slice::from_ref(&range)).await?;
        tiles.root(range)
    }
}

const CUT: AuditError = AuditError::Unsound("the log is shorter than a head that was signed before");
