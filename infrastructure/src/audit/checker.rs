//! Checking the log, entry by entry: is everything in it as it was accepted, and as it was signed?
//!
//! Pure: the same for the live log and for an export. The first thing that is wrong ends it.

use super::tree::Frontier;
use super::walk::{Block, Node};
use super::{Fault, PublicKey, SignedHead, Verified};
use crate::log::{Hash, Row, block, genesis};

/// What a block that does not follow from its events is called.
pub(super) const BLOCK: &str = "the block is not as it was written";

/// What was checked so far.
pub(super) struct Checker<'a> {
    key: &'a PublicKey,
    /// Heads that an auditor kept, the smallest first; those already met are gone.
    kept: Vec<&'a SignedHead>,
    frontier: Frontier,
    block_hash: Hash,
    /// The last event, and the last that a block closed.
    events: i64,
    closed: i64,
    /// Leaf and time of every event behind the last block.
    open: Vec<(Hash, i64)>,
    /// The tree's nodes that the last event completed and that were not met yet.
    completed: Vec<(u32, Hash)>,
    /// Up to where the tree has to have its nodes.
    nodes_until: i64,
    /// Up to where a head or a node confirms what was read.
    confirmed: i64,
    heads: i64,
    head: Option<SignedHead>,
}

impl<'a> Checker<'a> {
    /// A checker for everything from position 1 on.
    pub(super) fn new(key: &'a PublicKey, kept: &'a [SignedHead]) -> Self {
        let mut kept: Vec<&SignedHead> = kept.iter().collect();
        kept.sort_by_key(|head| head.size);
        Self {
            key,
            kept,
            frontier: Frontier::default(),
            block_hash: genesis(),
            events: 0,
            closed: 0,
            open: Vec::new(),
            completed: Vec::new(),
            nodes_until: 0,
            confirmed: 0,
            heads: 0,
            head: None,
        }
    }

    /// Begins behind `position`, where the tree has `frontier` and the last block has `block_hash`.
    pub(super) fn begin(&mut self, position: i64, frontier: Frontier, block_hash: Hash) -> Result<(), Fault> {
        (self.events, self.closed, self.confirmed) = (position, position, position);
        (self.frontier, self.block_hash) = (frontier, block_hash);
        if let Some(head) = self.kept.iter().find(|head| !self.key.signed(head)) {
            return Err(Fault::at(
                position + 1,
                format!("the head of {} kept elsewhere is {}", head.size, self.foreign(head)),
            ));
        }
        if let Some(head) = self.kept.iter().find(|head| head.size < position) {
            let what = format!("the head of {} kept elsewhere ends before the export begins", head.size);
            return Err(Fault::at(position + 1, what));
        }
        self.meet_kept()
    }

    /// The tree has all its nodes up to `position`.
    pub(super) fn expect_nodes(&mut self, position: i64) {
        self.nodes_until = position;
    }

    /// The next event.
    pub(super) fn event(&mut self, event: &Row) -> Result<(), Fault> {
        self.nodes_met()?;
        let expected = self.events + 1;
        if event.position > expected {
            return Err(Fault::at(
                expected,
                format!("the event is missing; the next one is {}", event.position),
            ));
        }
        if event.position < expected {
            return Err(Fault::at(expected, format!("event {} stands in its place", event.position)));
        }
        let leaf = event.leaf();
        if leaf.as_slice() != event.leaf_hash {
            return Err(Fault::at(expected, "the event is not as it was accepted"));
        }
        self.open.push((leaf, event.recorded_at.timestamp_micros()));
        self.completed.clear();
        let completed = &mut self.completed;
        self.frontier.push(leaf, |level, hash| {
            if level % 8 == 0 {
                completed.push((level, hash));
            }
        });
        self.events = expected;
        Ok(())
    }

    /// The next node of the tree, right behind its last event.
    pub(super) fn node(&mut self, node: &Node) -> Result<(), Fault> {
        let met = self.completed.iter().position(|(level, _)| i16::try_from(*level) == Ok(node.level));
        let Some(met) = met.filter(|_| (node.index + 1) << node.level == self.events) else {
            return Err(Fault::at(self.events + 1, "a node of the tree stands where none belongs"));
        };
        let (_, hash) = self.completed.remove(met);
        let first = (node.index << node.level).max(self.confirmed) + 1;
        if hash.as_slice() != node.hash {
            return Err(Fault::within(
                first,
                self.events,
                "the events do not give the tree's node above them",
            ));
        }
        self.confirmed = self.events;
        Ok(())
    }

    /// Whether all nodes that the last event completed were met, as far as there have to be any.
    fn nodes_met(&self) -> Result<(), Fault> {
        match self.completed.first() {
            Some((level, _)) if self.events <= self.nodes_until => Err(Fault::at(
                self.events,
                format!("the tree's node of level {level} that ends here is missing"),
            )),
            _ => Ok(()),
        }
    }

    /// The next block, right behind its last event.
    pub(super) fn block(&mut self, next: &Block) -> Result<(), Fault> {
        let first = self.closed + 1;
        if next.last_position > self.events {
            return Err(Fault::at(self.events + 1, "the event is missing"));
        }
        if next.first_position != first || next.last_position != self.events || self.open.is_empty() {
            return Err(Fault::at(first, "the block does not follow the one before"));
        }
        let micros = next.recorded_at.timestamp_micros();
        if let Some((position, _)) = (first..).zip(&self.open).find(|(_, (_, at))| *at != micros) {
            return Err(Fault::at(position, "the event was not recorded when its block was"));
        }
        let leaves: Vec<u8> = self.open.iter().flat_map(|(leaf, _)| *leaf).collect();
        let hash = block(&self.block_hash, first, self.events, micros, &leaves);
        if hash.as_slice() != next.hash {
            return Err(Fault::within(first, self.events, BLOCK));
        }
        self.block_hash = hash;
        self.closed = self.events;
        self.open.clear();
        self.meet_kept()
    }

    /// The next signed head, right behind its block.
    pub(super) fn head(&mut self, head: &SignedHead) -> Result<(), Fault> {
        if !self.key.signed(head) {
            return Err(self.around(head, format!("the head of {} is {}", head.size, self.foreign(head))));
        }
        self.agrees(head, "the head")?;
        self.confirmed = head.size;
        self.heads += 1;
        self.head = Some(head.clone());
        Ok(())
    }

    /// Compares what was read with the kept heads that end here.
    fn meet_kept(&mut self) -> Result<(), Fault> {
        while let Some(head) = self.kept.first().copied().filter(|head| head.size <= self.closed) {
            self.agrees(head, "the head kept elsewhere")?;
            self.confirmed = head.size;
            self.kept.remove(0);
            if self.head.as_ref().is_none_or(|known| known.size < head.size) {
                self.head = Some(head.clone());
            }
        }
        Ok(())
    }

    fn agrees(&self, head: &SignedHead, name: &str) -> Result<(), Fault> {
        let wrong = |what| Err(self.around(head, format!("{name} of {} {what}", head.size)));
        if head.size != self.closed || !self.open.is_empty() {
            return wrong("does not end where a block ends");
        }
        if self.frontier.root() != head.root {
            return wrong("was signed for other events");
        }
        if self.block_hash != head.block_hash {
            return wrong("was signed for other blocks");
        }
        Ok(())
    }

    /// A fault in what only `head` confirms.
    fn around(&self, head: &SignedHead, what: String) -> Fault {
        Fault::within((self.confirmed + 1).min(head.size), head.size, what)
    }

    /// What is wrong with a head that the key did not sign.
    fn foreign(&self, head: &SignedHead) -> String {
        let key = self.key.id();
        if head.key_id == key {
            "not as it was signed".to_owned()
        } else {
            format!("signed with the key {} and not with {key}", head.key_id)
        }
    }

    /// The position that comes next.
    pub(super) fn next(&self) -> i64 {
        self.events + 1
    }

    /// Nothing comes any more.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        self.nodes_met()?;
        if !self.open.is_empty() {
            return Err(Fault::at(self.closed + 1, "the event belongs to no block"));
        }
        match self.kept.last() {
            Some(head) => {
                let what = format!("the event is missing; a head kept elsewhere covers {} events", head.size);
                Err(Fault::at(self.events + 1, what))
            }
            None => Ok(()),
        }
    }

    /// Whether a signed head covers everything that was read.
    pub(super) fn covered(&self) -> Result<(), Fault> {
        if self.confirmed == self.events {
            return Ok(());
        }
        Err(Fault::within(self.confirmed + 1, self.events, "no signed head covers the event"))
    }

    /// The result, `fault` included.
    pub(super) fn verified(self, fault: Option<Fault>) -> Verified {
        let Self { closed: events, heads, head, block_hash, .. } = self;
        Verified { events, heads, head, block_hash, fault }
    }
}
