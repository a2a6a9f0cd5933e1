//! An export: a range of the log as lines of JSON, with everything that it takes to verify it.
//!
//! It is made of whole blocks, ends with a signed head, and its last line covers all lines before it, so that
//! one that was cut, or whose making was interrupted, is recognised.

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::text::{hex, to_hex};
use super::tiles::{Tiles, unsigned};
use super::walk::{Block, Entry, Walk};
use super::{Audit, AuditError, SignedHead};
use crate::log::{Hash, Row, genesis};

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// A line of an export.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<E, B, H> {
    Export(Header),
    Event(E),
    Block(B),
    Head(H),
    End(Trailer),
}

/// A line that was read.
pub(super) type ReadLine = Line<Box<Row>, Block, SignedHead>;
type WrittenLine<'a> = Line<&'a Row, &'a Block, &'a SignedHead>;

/// The first line: what the export has, and what came before.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) version: u32,
    /// The positions of its first and last event.
    pub(super) from: i64,
    pub(super) to: i64,
    /// The hash of the block before the first.
    #[serde(with = "hex")]
    pub(super) previous_block: Hash,
    /// The roots of the complete subtrees over the events before the first, the largest first.
    pub(super) frontier: Vec<String>,
}

/// The last line.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) events: i64,
    pub(super) blocks: i64,
    pub(super) heads: i64,
    /// SHA-256 over all lines before this one, line feeds included.
    pub(super) sha256: String,
}

/// An export on its way out.
pub struct Export {
    header: Option<Header>,
    walk: Walk,
    written: Trailer,
    hash: Context,
    is_done: bool,
}

impl Audit {
    /// The positions of the first and the last event that there is to export; none of an empty log.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn extent(&self) -> Result<Option<(i64, i64)>, AuditError> {
        let ends = self.ends().await?;
        let last = ends.events.max(ends.blocks);
        Ok((last > 0).then_some((1, last)))
    }

    /// Exports the blocks that hold the events from `from` to `to`, or to the end; both within [`Audit::extent`].
    /// Signs the head at the end, if it was not. A log that is not what was signed is exported as it is.
    ///
    /// # Errors
    /// The database cannot be reached, or what comes before `from` is incomplete.
    pub async fn export(&self, from: i64, to: Option<i64>) -> Result<Export, AuditError> {
        let sealed = match to {
            Some(to) => self.seal_at(to).await,
            None => self.seal().await,
        };
        let sealed = match sealed {
            Err(AuditError::Database(error)) => return Err(error.into()),
            sealed => sealed.ok().flatten().map(|head| head.size),
        };
        let to = self.ending(to, sealed).await?;
        let (from, previous_block) = self.beginning(from).await?;
        let before = 0..unsigned(from - 1);
        self.grow(from - 1).await?;
        let mut tiles = Tiles::default();
        tiles.read(&self.pool, std::slice::from_ref(&before)).await?;
        let frontier = tiles.roots(before)?.iter().map(|root| to_hex(root)).collect();
        Ok(Export {
            header: Some(Header { version: VERSION, from, to, previous_block, frontier }),
            walk: Walk::new(self.pool.clone(), from, to, false),
            written: Trailer::default(),
            hash: Context::new(&SHA256),
            is_done: false,
        })
    }

    /// Where an export ends that should end with the block of `to`, or with what was `sealed`.
    async fn ending(&self, to: Option<i64>, sealed: Option<i64>) -> Result<i64, AuditError> {
        let ends = self.ends().await?;
        if let Some(to) = to
            && let Some((last, _)) = self.block_at(Some(to)).await?
        {
            return Ok(last);
        }
        // What belongs to no block is evidence, too.
        let odd = Some(ends.events).filter(|events| *events > ends.blocks);
        Ok(odd.or(sealed).unwrap_or(ends.blocks))
    }

    /// Where the block begins that holds `position`, and the hash of the block before.
    async fn beginning(&self, position: i64) -> Result<(i64, Hash), AuditError> {
        let before: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "select last_position, block_hash from ledger.blocks where last_position < $1
              order by last_position desc limit 1",
        )
        .bind(position)
        .fetch_optional(&self.pool)
        .await?;
        Ok(before.map_or((1, genesis()), |(last, hash)| (last + 1, super::tiles::fixed(hash))))
    }
}

impl Export {
    /// The next lines, with their line feeds; none when all were given.
    ///
    /// # Errors
    /// The database cannot be reached: what was given so far lacks its last line.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, AuditError> {
        if self.is_done {
            return Ok(None);
        }
        let mut lines = Vec::new();
        if let Some(header) = self.header.take() {
            write(&mut lines, &WrittenLine::Export(header));
        } else if let Some(entries) = self.walk.next().await? {
            for entry in &entries {
                self.add(&mut lines, entry);
            }
        } else {
            let sha256 = to_hex(self.hash.clone().finish().as_ref());
            write(&mut lines, &WrittenLine::End(Trailer { sha256, ..std::mem::take(&mut self.written) }));
            self.is_done = true;
        }
        self.hash.update(&lines);
        Ok(Some(lines))
    }

    fn add(&mut self, lines: &mut Vec<u8>, entry: &Entry) {
        match entry {
            Entry::Event(event) => {
                self.written.events += 1;
                write(lines, &WrittenLine::Event(event));
            }
            Entry::Block(block) => {
                self.written.blocks += 1;
                write(lines, &WrittenLine::Block(block));
            }
            Entry::Head(head) => {
                self.written.heads += 1;
                write(lines, &WrittenLine::Head(head));
            }
            Entry::Node(_) => {}
        }
    }
}

fn write(lines: &mut Vec<u8>, line: &WrittenLine<'_>) {
    serde_json::to_writer(&mut *lines, line).expect("strings and numbers can be written to memory");
    lines.push(b'\n');
}
