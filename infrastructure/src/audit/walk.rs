//! Reading the log from end to end in bounded steps: events, and what stands behind them, in the order in which
//! they are checked and exported.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};

use super::SignedHead;
use super::store::HeadRow;
use super::text::{hex, time};
use crate::log::Row;

/// How many events are read at a time.
const BATCH: i64 = 1_000;

/// A block: the events of one batch, chained to the block before.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub(super) struct Block {
    pub(super) first_position: i64,
    pub(super) last_position: i64,
    #[serde(with = "time")]
    pub(super) recorded_at: DateTime<Utc>,
    #[serde(rename = "block_hash", with = "hex")]
    #[sqlx(rename = "block_hash")]
    pub(super) hash: Vec<u8>,
}

/// A node of the tree as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Node {
    pub(super) level: i16,
    pub(super) index: i64,
    pub(super) hash: Vec<u8>,
}

/// What stands in the log, or about it.
pub(super) enum Entry {
    Event(Box<Row>),
    Node(Node),
    Block(Block),
    Head(SignedHead),
}

impl Entry {
    /// Where it belongs: behind the events it is about, in this order.
    fn place(&self) -> (i64, u8) {
        match self {
            Self::Event(event) => (event.position, 0),
            Self::Node(node) => ((node.index + 1) << node.level, 1),
            Self::Block(block) => (block.last_position, 2),
            Self::Head(head) => (head.size, 3),
        }
    }
}

/// A walk through the log.
pub(super) struct Walk {
    pool: PgPool,
    behind: i64,
    to: i64,
    /// Whether it passes the tree's nodes, too.
    nodes: bool,
}

impl Walk {
    /// A walk from position `from` to `to`. One from the first event also passes what stands before it, where
    /// nothing should be.
    pub(super) fn new(pool: PgPool, from: i64, to: i64, nodes: bool) -> Self {
        Self { pool, behind: if from <= 1 { i64::MIN } else { from - 1 }, to, nodes }
    }

    /// What comes next, in order; none at the end.
    pub(super) async fn next(&mut self) -> sqlx::Result<Option<Vec<Entry>>> {
        if self.behind >= self.to {
            return Ok(None);
        }
        let events: Vec<Row> = sqlx::query_as(
            "select * from ledger.feed where position > $1 and position <= $2 order by position limit $3",
        )
        .bind(self.behind)
        .bind(self.to)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        let is_full = i64::try_from(events.len()).is_ok_and(|read| read == BATCH);
        let reached = events.last().filter(|_| is_full).map_or(self.to, |event| event.position);
        let mut entries: Vec<Entry> = events.into_iter().map(Box::new).map(Entry::Event).collect();
        entries.extend(self.blocks(reached).await?.into_iter().map(Entry::Block));
        entries.extend(self.heads(reached).await?.into_iter().map(|head| Entry::Head(head.into())));
        if self.nodes {
            entries.extend(self.nodes(reached).await?.into_iter().map(Entry::Node));
        }
        entries.sort_by_key(Entry::place);
        self.behind = reached;
        Ok(Some(entries))
    }

    async fn blocks(&self, reached: i64) -> sqlx::Result<Vec<Block>> {
        sqlx::query_as(
            "select first_position, last_position, recorded_at, block_hash from ledger.blocks
              where last_position > $1 and last_position <= $2
              order by last_position",
        )
        .bind(self.behind)
        .bind(reached)
        .fetch_all(&self.pool)
        .await
    }

    async fn heads(&self, reached: i64) -> sqlx::Result<Vec<HeadRow>> {
        sqlx::query_as("select * from ledger.heads where size > $1 and size <= $2 order by size")
            .bind(self.behind)
            .bind(reached)
            .fetch_all(&self.pool)
            .await
    }

    async fn nodes(&self, reached: i64) -> sqlx::Result<Vec<Node>> {
        sqlx::query_as(
            "select n.level, n.index, n.hash
               from unnest('{8,16,24,32,40,48,56}'::smallint[]) l(level)
              cross join lateral (select * from ledger.tree n
                                   where n.level = l.level
                                     and n.index >= $1 >> l.level and n.index < $2 >> l.level
                                   order by n.index) n
              order by n.level, n.index",
        )
        .bind(self.behind.max(0))
        .bind(reached)
        .fetch_all(&self.pool)
        .await
    }
}
