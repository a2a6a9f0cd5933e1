//! The tree's nodes as the database has them: leaf hashes in the events, and every eighth level above them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sqlx::PgPool;

use super::AuditError;
use super::tree::{Subtree, fold, node, subtrees};
use crate::log::Hash;

/// How many hashes a tile has; the levels that are stored are eight apart.
const TILE: u64 = 256;
const LEVELS: u32 = 8;

/// Hashes of one stored level, 256 side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Tile {
    level: u32,
    index: u64,
}

impl Tile {
    /// The tile that has the nodes below `subtree`.
    fn of(subtree: Subtree) -> Self {
        let level = subtree.level / LEVELS * LEVELS;
        Self { level, index: (subtree.index << (subtree.level - level)) / TILE }
    }
}

/// Tiles that were read.
#[derive(Default)]
pub(super) struct Tiles(HashMap<Tile, Vec<Hash>>);

impl Tiles {
    /// Reads the tiles that the subtrees over `ranges` need, as far as they are not at hand.
    pub(super) async fn read(&mut self, pool: &PgPool, ranges: &[Range<u64>]) -> sqlx::Result<()> {
        let wanted: HashSet<Tile> = ranges
            .iter()
            .cloned()
            .flat_map(subtrees)
            .map(Tile::of)
            .filter(|tile| !self.0.contains_key(tile))
            .collect();
        let (leaves, nodes): (Vec<Tile>, Vec<Tile>) = wanted.into_iter().partition(|tile| tile.level == 0);
        if !leaves.is_empty() {
            let firsts: Vec<i64> = leaves.iter().map(|tile| signed(tile.index * TILE)).collect();
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "select t.first, e.leaf_hash
                   from unnest($1::bigint[]) t(first)
                  cross join lateral (select e.leaf_hash from ledger.events e
                                       where e.position > t.first and e.position <= t.first + 256
                                       order by e.position) e",
            )
            .bind(&firsts)
            .fetch_all(pool)
            .await?;
            self.keep(rows.into_iter().map(|(first, hash)| (0, unsigned(first) / TILE, hash)));
        }
        if !nodes.is_empty() {
            let levels: Vec<i16> =
                nodes.iter().map(|tile| i16::try_from(tile.level).unwrap_or(i16::MAX)).collect();
            let indexes: Vec<i64> = nodes.iter().map(|tile| signed(tile.index)).collect();
            let rows: Vec<(i16, i64, Vec<u8>)> = sqlx::query_as(
                "select t.level, t.index, n.hash
                   from unnest($1::smallint[], $2::bigint[]) t(level, index)
                  cross join lateral (select n.hash from ledger.tree n
                                       where n.level = t.level
                                         and n.index between t.index * 256 and t.index * 256 + 255
                                       order by n.index) n",
            )
            .bind(&levels)
            .bind(&indexes)
            .fetch_all(pool)
            .await?;
            self.keep(
                rows.into_iter()
                    .map(|(level, index, hash)| (level.unsigned_abs().into(), unsigned(index), hash)),
            );
        }
        Ok(())
    }

    fn keep(&mut self, rows: impl Iterator<Item = (u32, u64, Vec<u8>)>) {
        for (level, index, hash) in rows {
            self.0.entry(Tile { level, index }).or_default().push(fixed(hash));
        }
    }

    /// The root over the leaves of `range`, whose tiles were read.
    pub(super) fn root(&self, range: Range<u64>) -> Result<Hash, AuditError> {
        let roots = subtrees(range).into_iter().map(|subtree| self.node(subtree));
        Ok(fold(&roots.collect::<Result<Vec<_>, _>>()?))
    }

    /// The roots of the complete subtrees that the range is made of.
    pub(super) fn roots(&self, range: Range<u64>) -> Result<Vec<Hash>, AuditError> {
        subtrees(range).into_iter().map(|subtree| self.node(subtree)).collect()
    }

    fn node(&self, subtree: Subtree) -> Result<Hash, AuditError> {
        let tile = Tile::of(subtree);
        let width = 1 << (subtree.level - tile.level);
        let first = usize::try_from(subtree.index * width % TILE).unwrap_or_default();
        let width = usize::try_from(width).unwrap_or_default();
        let below = self.0.get(&tile).and_then(|hashes| hashes.get(first..first + width));
        let mut hashes = below.ok_or(AuditError::Unsound("the tree over the log has a hole"))?.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.chunks(2).map(|pair| node(&pair[0], &pair[1])).collect();
        }
        Ok(hashes[0])
    }
}

/// A hash as the database has it. One of another length was not written by the desk and equals no hash.
pub(super) fn fixed<const N: usize>(bytes: Vec<u8>) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// A position or size as the tree counts.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A count of leaves as the database takes it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
