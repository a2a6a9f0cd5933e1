//! Heads and blocks as the database has them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::tiles::fixed;
use super::{Audit, AuditError, SignedHead};
use crate::log::Hash;

/// A signed head as the database has it.
#[derive(FromRow)]
pub(super) struct HeadRow {
    size: i64,
    root: Vec<u8>,
    block_hash: Vec<u8>,
    signed_at: DateTime<Utc>,
    key_id: String,
    signature: Vec<u8>,
}

impl From<HeadRow> for SignedHead {
    fn from(row: HeadRow) -> Self {
        Self {
            size: row.size,
            root: fixed(row.root),
            block_hash: fixed(row.block_hash),
            at: row.signed_at,
            key_id: row.key_id,
            signature: fixed(row.signature),
        }
    }
}

/// Where the log ends, by everything that knows of it, at one moment; 0 where there is nothing.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Ends {
    /// The last event.
    pub(super) events: i64,
    /// The last block.
    pub(super) blocks: i64,
    /// The last signed head.
    pub(super) heads: i64,
    /// The last node of level 8.
    pub(super) nodes: i64,
}

impl Audit {
    /// The head of exactly `size` events, if it was signed.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn head_of(&self, size: i64) -> Result<Option<SignedHead>, AuditError> {
        let head: Option<HeadRow> = sqlx::query_as("select * from ledger.heads where size = $1")
            .bind(size)
            .fetch_optional(&self.pool)
            .await?;
        Ok(head.map(Into::into))
    }

    /// The signed heads below `before`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn heads(&self, before: i64, limit: i64) -> Result<Vec<SignedHead>, AuditError> {
        let heads: Vec<HeadRow> =
            sqlx::query_as("select * from ledger.heads where size < $1 order by size desc limit $2")
                .bind(before)
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        Ok(heads.into_iter().map(Into::into).collect())
    }

    /// The signed heads next to `size`: the one below it and the one above.
    pub(super) async fn neighbours(&self, size: i64) -> Result<Vec<SignedHead>, AuditError> {
        let heads: Vec<HeadRow> = sqlx::query_as(
            "(select * from ledger.heads where size < $1 order by size desc limit 1)
             union all
             (select * from ledger.heads where size > $1 order by size limit 1)",
        )
        .bind(size)
        .fetch_all(&self.pool)
        .await?;
        Ok(heads.into_iter().map(Into::into).collect())
    }

    /// Keeps a head, unless there is one of its size.
    pub(super) async fn keep(&self, head: &SignedHead) -> Result<(), AuditError> {
        sqlx::query("select ledger.seal($1, $2, $3, $4, $5, $6)")
            .bind(head.size)
            .bind(head.root.as_slice())
            .bind(head.block_hash.as_slice())
            .bind(head.at)
            .bind(&head.key_id)
            .bind(head.signature.as_slice())
            .execute(&self.pool)
            .await
            .map_err(refused)?;
        Ok(())
    }

    /// Completes the tree over the log's first `size` events, in bounded steps.
    pub(super) async fn grow(&self, size: i64) -> Result<(), AuditError> {
        loop {
            let made: i64 = sqlx::query_scalar("select ledger.grow_tree($1)")
                .bind(size)
                .fetch_one(&self.pool)
                .await
                .map_err(refused)?;
            if made == 0 {
                return Ok(());
            }
        }
    }

    /// Last position and hash of the block that holds `position`; of the newest block if none is given.
    pub(super) async fn block_at(&self, position: Option<i64>) -> Result<Option<(i64, Hash)>, AuditError> {
        let statement = match position {
            Some(_) => {
                "select last_position, block_hash from ledger.blocks where last_position >= $1
                  order by last_position limit 1"
            }
            None => {
                "select last_position, block_hash from ledger.blocks where $1::bigint is null
                  order by last_position desc limit 1"
            }
        };
        let block: Option<(i64, Vec<u8>)> =
            sqlx::query_as(statement).bind(position).fetch_optional(&self.pool).await?;
        Ok(block.map(|(last, hash)| (last, fixed(hash))))
    }

    /// Where the log ends, by everything that knows of it.
    pub(super) async fn ends(&self) -> sqlx::Result<Ends> {
        sqlx::query_as(
            "select coalesce((select max(position) from ledger.events), 0) as events,
                    coalesce((select max(last_position) from ledger.blocks), 0) as blocks,
                    coalesce((select max(size) from ledger.heads), 0) as heads,
                    coalesce((select max(index) + 1 from ledger.tree where level = 8), 0) * 256 as nodes",
        )
        .fetch_one(&self.pool)
        .await
    }
}

/// The functions that write refuse a log that has holes.
fn refused(error: sqlx::Error) -> AuditError {
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    if code.as_deref() == Some("XX001") {
        return AuditError::Unsound("the log has a hole, or a block that was altered");
    }
    AuditError::Database(error)
}
