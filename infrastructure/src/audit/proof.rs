//! Proofs against signed heads: that an event is in the log, and that a longer log begins with a shorter one.

use std::ops::Range;

use domain::id::TicketId;

use super::tiles::{Tiles, unsigned};
use super::tree::{consistency, extends, includes, inclusion};
use super::{Audit, AuditError, SignedHead};
use crate::log::{Hash, Row};

/// How many events of a ticket are proved with the same tiles at hand.
const AT_A_TIME: usize = 64;
const NOT_AS_SIGNED: AuditError = AuditError::Unsound("the log is not what the head was signed for");

/// That an event is in the log.
#[derive(Debug, Clone)]
pub struct Inclusion {
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// The hashes beside its way up to the root.
    pub path: Vec<Hash>,
    /// The root of the tree.
    pub root: Hash,
    /// The signed head with this root, if there is one of this size.
    pub head: Option<SignedHead>,
}

/// That a log begins with a shorter one.
#[derive(Debug, Clone)]
pub struct Consistency {
    /// The shorter one's root.
    pub from_root: Hash,
    /// The longer one's root.
    pub to_root: Hash,
    /// The hashes that lead to both roots.
    pub path: Vec<Hash>,
    /// The signed head of the shorter one, if there is one.
    pub from_head: Option<SignedHead>,
    /// The signed head of the longer one, if there is one.
    pub to_head: Option<SignedHead>,
}

/// An event with the proof that it is in the log.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The event as stored.
    pub event: Row,
    /// The hashes beside its leaf's way up to the root.
    pub path: Vec<Hash>,
}

impl Audit {
    /// Proves that the event at `position` is among the log's first `size` events; 1 ≤ position ≤ size ≤ the newest
    /// head's size.
    ///
    /// # Errors
    /// The database cannot be reached, or the log is not what was signed.
    pub async fn inclusion(&self, position: i64, size: i64) -> Result<Inclusion, AuditError> {
        let (index, whole) = (unsigned(position - 1), 0..unsigned(size));
        let path = inclusion(index, whole.end);
        let mut tiles = Tiles::default();
        tiles.read(&self.pool, &path).await?;
        tiles.read(&self.pool, &[whole.clone(), index..index + 1]).await?;
        let leaf_hash = tiles.root(index..index + 1)?;
        let path = hashes(&tiles, path)?;
        let head = self.head_of(size).await?;
        let root = head.as_ref().map_or_else(|| tiles.root(whole.clone()), |head| Ok(head.root))?;
        if !includes(&leaf_hash, index, whole.end, &path, &root) {
            return Err(NOT_AS_SIGNED);
        }
        Ok(Inclusion { leaf_hash, path, root, head })
    }

    /// Proves that the log's first `to` events begin with its first `from`; 1 ≤ from ≤ to ≤ the newest head's size.
    ///
    /// # Errors
    /// The database cannot be reached, or the log is not what was signed.
    pub async fn consistency(&self, from: i64, to: i64) -> Result<Consistency, AuditError> {
        let (old, new) = (0..unsigned(from), 0..unsigned(to));
        let path = consistency(old.end, new.end);
        let mut tiles = Tiles::default();
        tiles.read(&self.pool, &path).await?;
        tiles.read(&self.pool, &[old.clone(), new.clone()]).await?;
        let path = hashes(&tiles, path)?;
        let (from_head, to_head) = (self.head_of(from).await?, self.head_of(to).await?);
        let root = |head: &Option<SignedHead>, size: &Range<u64>| match head {
            Some(head) => Ok(head.root),
            None => tiles.root(size.clone()),
        };
        let (from_root, to_root) = (root(&from_head, &old)?, root(&to_head, &new)?);
        if !extends(old.end, &from_root, new.end, &to_root, &path) {
            return Err(NOT_AS_SIGNED);
        }
        Ok(Consistency { from_root, to_root, path, from_head, to_head })
    }

    /// Every event of a ticket and of its conversation, in order of position, with its path to the root of a head
    /// that covers all of them; none if there are none.
    ///
    /// # Errors
    /// The database cannot be reached, or the log is not what was signed.
    pub async fn of_ticket(&self, ticket: TicketId) -> Result<Option<(SignedHead, Vec<Proved>)>, AuditError> {
        let events: Vec<Row> =
            sqlx::query_as("select * from ledger.feed where stream_id = any($1) order by position")
                .bind(vec![ticket.stream(), ticket.conversation()])
                .fetch_all(&self.pool)
                .await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(None) };
        let newest = self.heads(i64::MAX, 1).await?.pop().filter(|head| head.size >= last);
        let head = match newest {
            Some(head) => head,
            None => self.seal().await?.filter(|head| head.size >= last).ok_or(NOT_AS_SIGNED)?,
        };
        let mut proved = Vec::with_capacity(events.len());
        let mut events = events.into_iter().peekable();
        while events.peek().is_some() {
            let some: Vec<Row> = events.by_ref().take(AT_A_TIME).collect();
            self.prove(some, &head, &mut proved).await?;
        }
        Ok(Some((head, proved)))
    }

    async fn prove(
        &self,
        events: Vec<Row>,
        head: &SignedHead,
        proved: &mut Vec<Proved>,
    ) -> Result<(), AuditError> {
        let size = unsigned(head.size);
        let index = |event: &Row| unsigned(event.position - 1);
        let ranges: Vec<Range<u64>> = events.iter().flat_map(|event| inclusion(index(event), size)).collect();
        let mut tiles = Tiles::default();
        tiles.read(&self.pool, &ranges).await?;
        for event in events {
            let path = hashes(&tiles, inclusion(index(&event), size))?;
            if !includes(&event.leaf(), index(&event), size, &path, &head.root) {
                return Err(NOT_AS_SIGNED);
            }
            proved.push(Proved { event, path });
        }
        Ok(())
    }
}

fn hashes(tiles: &Tiles, path: Vec<Range<u64>>) -> Result<Vec<Hash>, AuditError> {
    path.into_iter().map(|range| tiles.root(range)).collect()
}
