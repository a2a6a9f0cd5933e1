//! Telling whether a reader's place is a place in this log, and if not, where the two parted.

use std::collections::BTreeMap;

use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::cursor::{Cursor, Place, levels, prefix};
use super::leaf::{Hash, genesis};

/// A reader's place is none in this log: what it has read is not, or not all of it, what this log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Where the reader is.
    pub position: i64,
    /// Where this log ends.
    pub head: i64,
    /// The last block that is known to be in both; none if the reader's place was a mere number.
    pub last_common: Option<Common>,
}

/// The end of what two histories are known to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The last position of the block; 0 if not even the first is shared.
    pub position: i64,
    /// The block's hash.
    pub block_hash: Hash,
    /// The same place, to go on from.
    pub cursor: Cursor,
}

/// What the log says of a position.
#[derive(Default, FromRow)]
struct Mark {
    position: i64,
    /// The hash of the block that holds it; none beyond the head.
    block_hash: Option<Vec<u8>>,
    epoch: Option<i32>,
    epoch_id: Option<Uuid>,
    /// Where the epoch began, and the block that ends there.
    from_position: Option<i64>,
    from_block_hash: Option<Vec<u8>>,
}

const MARKS: &str =
    "select x.position, b.block_hash, e.epoch, e.id as epoch_id, e.from_position, e.from_block_hash
    from unnest($1::bigint[]) x(position)
    left join lateral (select b.block_hash from ledger.blocks b
                        where b.last_position >= x.position order by b.last_position limit 1) b on true
    left join lateral (select e.epoch, e.id, e.from_position, e.from_block_hash from ledger.epochs e
                        where e.from_position < x.position order by e.epoch desc limit 1) e on true";

async fn marks(pool: &PgPool, positions: impl Iterator<Item = i64>) -> sqlx::Result<BTreeMap<i64, Mark>> {
    let mut positions: Vec<i64> = positions.filter(|position| *position > 0).collect();
    positions.sort_unstable();
    positions.dedup();
    let mut marks: Vec<Mark> = Vec::new();
    if !positions.is_empty() {
        marks = sqlx::query_as(MARKS).bind(positions).fetch_all(pool).await?;
    }
    marks.push(Mark { block_hash: Some(genesis().to_vec()), ..Mark::default() });
    Ok(marks.into_iter().map(|mark| (mark.position, mark)).collect())
}

/// The cursors of `positions`, none of which is beyond the head.
pub(super) async fn cursors(pool: &PgPool, positions: &[i64]) -> sqlx::Result<Vec<Cursor>> {
    let needed = positions.iter().flat_map(|position| levels(*position).chain([*position]));
    let marks = marks(pool, needed).await?;
    let hash =
        |position: i64| marks.get(&position).and_then(|mark| mark.block_hash.as_deref()).unwrap_or_default();
    let cursor = |position: &i64| {
        let mark = marks.get(position);
        let epoch_id = mark.and_then(|mark| mark.epoch_id).unwrap_or_default();
        let start =
            mark.and_then(|mark| Some((mark.from_position?, prefix(mark.from_block_hash.as_deref()?))));
        Cursor {
            position: *position,
            epoch: mark.and_then(|mark| mark.epoch).unwrap_or_default(),
            epoch_id: prefix(epoch_id.as_bytes()),
            block: prefix(hash(*position)),
            start: start.unwrap_or_default(),
            locator: levels(*position).map(|level| prefix(hash(level))).collect(),
        }
    };
    Ok(positions.iter().map(cursor).collect())
}

/// Where `place` parts from this log; none if it is a place in it.
pub(super) async fn find(pool: &PgPool, place: &Place) -> sqlx::Result<Option<Fork>> {
    let cursor = match place {
        Place::Number(position) => {
            let head = head(pool).await?;
            let fork = Fork { position: *position, head, last_common: None };
            return Ok((*position > head).then_some(fork));
        }
        Place::Proven(cursor) => cursor,
    };
    let own = marks(pool, levels(cursor.position).chain([cursor.position, cursor.start.0])).await?;
    let block = |position: i64| own.get(&position).and_then(|mark| mark.block_hash.as_deref());
    if block(cursor.position).is_some_and(|hash| prefix::<8>(hash) == cursor.block) {
        return Ok(None);
    }
    let is_shared =
        |(level, said): &(i64, [u8; 4])| block(*level).is_some_and(|hash| prefix::<4>(hash) == *said);
    let mut located: Vec<(i64, [u8; 4])> =
        levels(cursor.position).zip(cursor.locator.iter().copied()).collect();
    located.push(cursor.start);
    located.sort_unstable_by_key(|(level, _)| std::cmp::Reverse(*level));
    let shared = located.iter().find(|level| is_shared(level)).map_or(0, |(level, _)| *level);
    let parted =
        located.iter().rev().find(|level| !is_shared(level)).map_or(cursor.position, |(level, _)| *level);
    // The epochs tell the very position, if this log has the reader's; what they say has to fit the locator.
    let told = end_of_epoch(pool, cursor).await?.filter(|end| (shared..parted).contains(end));
    let last_common = Some(common(pool, told.unwrap_or(shared)).await?);
    Ok(Some(Fork { position: cursor.position, head: head(pool).await?, last_common }))
}

/// Where the epoch that `cursor` is in ended in this log; none if it did not, or is not in this log.
async fn end_of_epoch(pool: &PgPool, cursor: &Cursor) -> sqlx::Result<Option<i64>> {
    let row: Option<(Uuid, Option<i64>)> = sqlx::query_as(
        "select e.id, (select n.from_position from ledger.epochs n
                        where n.epoch > e.epoch order by n.epoch limit 1)
           from ledger.epochs e where e.epoch = $1",
    )
    .bind(cursor.epoch)
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|(id, end)| end.filter(|_| prefix::<4>(id.as_bytes()) == cursor.epoch_id)))
}

/// The block that holds `position`, which both histories have.
async fn common(pool: &PgPool, position: i64) -> sqlx::Result<Common> {
    let block: Option<(i64, Vec<u8>)> = sqlx::query_as(
        "select b.last_position, b.block_hash from ledger.blocks b
          where b.last_position >= $1 and $1 > 0 order by b.last_position limit 1",
    )
    .bind(position)
    .fetch_optional(pool)
    .await?;
    let (position, block_hash) = block.map_or((0, genesis()), |(last, hash)| (last, prefix(&hash)));
    let cursor = cursors(pool, &[position]).await?.swap_remove(0);
    Ok(Common { position, block_hash, cursor })
}

async fn head(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(last_position), 0) from ledger.blocks").fetch_one(pool).await
}
