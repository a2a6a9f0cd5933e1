//! Walking the log: is everything in it as it was accepted?

use futures::TryStreamExt as _;
use sqlx::{FromRow, PgPool};

use super::leaf::{Hash, block, genesis};
use super::rows::Row;

/// What a walk through the log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many events are as they were accepted, from the first on.
    pub events: i64,
    /// The hash of the last good block.
    pub block_hash: Hash,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The position.
    pub position: i64,
    /// What is wrong there.
    pub what: &'static str,
}

#[derive(FromRow)]
struct Block {
    first_position: i64,
    last_position: i64,
    micros: i64,
    hash: Vec<u8>,
}

const BLOCKS: &str = "select first_position, last_position, block_hash as hash,
         (extract(epoch from recorded_at) * 1000000)::bigint as micros
    from ledger.blocks order by last_position";

/// Walks events and blocks side by side.
pub(super) async fn run(pool: &PgPool) -> sqlx::Result<Verified> {
    let mut verified = Verified { events: 0, block_hash: genesis(), fault: None };
    let mut blocks = sqlx::query_as::<_, Block>(BLOCKS).fetch(pool);
    let mut events = sqlx::query_as::<_, Row>("select * from ledger.feed order by position").fetch(pool);
    while let Some(next) = blocks.try_next().await? {
        let mut leaves = Vec::new();
        if next.first_position != verified.events + 1 || next.last_position < next.first_position {
            return Ok(verified.faulty(next.first_position, "the block does not follow the one before"));
        }
        for position in next.first_position..=next.last_position {
            let Some(event) = events.try_next().await? else {
                return Ok(verified.faulty(position, "the event is missing"));
            };
            if event.position != position {
                return Ok(verified.faulty(position, "the event is missing or not in its place"));
            }
            let leaf = event.leaf();
            if leaf.as_slice() != event.leaf_hash {
                return Ok(verified.faulty(position, "the event is not as it was accepted"));
            }
            if event.recorded_at.timestamp_micros() != next.micros {
                return Ok(verified.faulty(position, "the event was not recorded when its block was"));
            }
            leaves.extend_from_slice(&leaf);
        }
        let hash = block(&verified.block_hash, next.first_position, next.last_position, next.micros, &leaves);
        if hash.as_slice() != next.hash {
            return Ok(verified.faulty(next.first_position, "the block is not as it was written"));
        }
        verified.block_hash = hash;
        verified.events = next.last_position;
    }
    if let Some(event) = events.try_next().await? {
        return Ok(verified.faulty(event.position, "the event belongs to no block"));
    }
    // A tail cut off blocks and all leaves traces as long as anything still knows of it.
    let acknowledged: Option<i64> =
        sqlx::query_scalar("select max(last_position) from ledger.commands").fetch_one(pool).await?;
    if acknowledged.is_some_and(|position| position > verified.events) {
        let missing = verified.events + 1;
        return Ok(verified.faulty(missing, "the event was acknowledged and is missing"));
    }
    Ok(verified)
}

impl Verified {
    fn faulty(self, position: i64, what: &'static str) -> Self {
        Self { fault: Some(Fault { position, what }), ..self }
    }
}
