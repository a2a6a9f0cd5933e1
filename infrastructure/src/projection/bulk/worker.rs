//! A worker of the bulk phase: opens and folds every event of its share of tickets and users, in order.

use std::collections::HashSet;
use std::sync::Arc;

use domain::event::Recorded;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::super::feed::entity;
use super::super::follower::FOLLOWS;
use super::decode::Batch;
use super::load::Part;
use super::rows::{Bulk, Counted};
use super::span::Span;
use super::{CHUNK, Stop};
use crate::keys::bulk::{BulkOpener, KeysAtHand};

/// Keys on their way.
type Reading = JoinHandle<sqlx::Result<KeysAtHand>>;

/// An event that was set aside.
#[derive(Debug, Clone)]
pub(crate) struct Parked {
    pub(crate) entity: Uuid,
    pub(crate) position: i64,
    pub(crate) error: String,
}

/// A worker of the bulk phase.
pub(super) struct Worker {
    number: usize,
    pub(super) tables: Vec<Box<dyn Bulk>>,
    /// Where the rows of each table go.
    pub(super) sinks: Vec<mpsc::Sender<Part>>,
    pub(super) opener: BulkOpener,
    /// The shares it still has to take, the next one last.
    pub(super) spans: Vec<Span>,
    /// How many bytes its rows may take; none if they cannot be taken in parts.
    pub(super) budget: Option<usize>,
    pub(super) parked: Vec<Parked>,
    parked_entities: HashSet<Uuid>,
}

impl Worker {
    pub(super) fn new(
        number: usize,
        tables: Vec<Box<dyn Bulk>>,
        sinks: Vec<mpsc::Sender<Part>>,
        opener: BulkOpener,
        span: Span,
        budget: Option<usize>,
    ) -> Self {
        let (parked, parked_entities) = (Vec::new(), HashSet::new());
        Self { number, tables, sinks, opener, spans: vec![span], budget, parked, parked_entities }
    }

    /// Folds what `batches` bring, of the next of its spans, and hands over the rows. To be called on a thread
    /// that may be blocked.
    pub(super) fn pass(mut self, mut batches: mpsc::Receiver<Arc<Batch>>) -> Result<Self, Stop> {
        let Some(mut span) = self.spans.pop() else { return Ok(self) };
        let mut next = self.prepared(&mut batches, span)?;
        while let Some((batch, keys)) = next {
            let keys = Handle::current().block_on(keys).map_err(|error| Stop::Failed(error.into()))??;
            self.opener.take(keys);
            // The keys of the next events are read while these are folded.
            next = self.prepared(&mut batches, span)?;
            let position = self.take(&batch, span)?;
            while let Some(smaller) = self.too_much(span, position) {
                span = smaller;
            }
        }
        self.hand_over()?;
        Ok(self)
    }

    /// The next batch, while the keys for the events of `span` in it are being read; none if there are no more.
    fn prepared(
        &self,
        batches: &mut mpsc::Receiver<Arc<Batch>>,
        span: Span,
    ) -> Result<Option<(Arc<Batch>, Reading)>, Stop> {
        let Some(batch) = batches.blocking_recv() else { return Ok(None) };
        let mut own = Vec::new();
        for raw in batch.events().filter(|_| self.opener.opens_texts()) {
            let raw = raw?;
            if span.holds(entity(raw.stream)) {
                own.push(raw.stored()?);
            }
        }
        let reading = Handle::current().spawn(self.opener.keys_of(own.into_iter()));
        Ok(Some((batch, reading)))
    }

    /// Takes the events of `span` in a batch; gives the batch's last position.
    fn take(&mut self, batch: &Batch, span: Span) -> Result<i64, Stop> {
        let mut last = 0;
        for raw in batch.events() {
            let raw = raw?;
            last = raw.position;
            let (entity, position) = (entity(raw.stream), raw.position);
            if !span.holds(entity) {
                continue;
            }
            let envelope = raw.decode()?;
            if self.parked_entities.contains(&entity) {
                self.park(entity, position, FOLLOWS.to_owned());
                continue;
            }
            match self.opener.open(envelope.stored) {
                Ok(event) => self.fold(entity, &envelope.with(event), span)?,
                Err(error) => self.park(entity, position, error),
            }
        }
        for (table, sink) in self.tables.iter_mut().zip(&self.sinks) {
            if let Some(rows) = table.ready(CHUNK) {
                sink.blocking_send(Part::Rows(rows)).map_err(|_| Stop::Abandoned)?;
            }
        }
        Ok(last)
    }

    /// Folds an event into every table or, if one of them refuses, into none.
    fn fold(&mut self, entity: Uuid, event: &Recorded, span: Span) -> Result<(), Stop> {
        for n in 0..self.tables.len() {
            let Err(error) = self.tables[n].fold(entity, event) else { continue };
            for table in &mut self.tables[..=n] {
                if !table.undo() {
                    return Err(Stop::Refused);
                }
            }
            self.park(entity, event.position, error);
            return Ok(());
        }
        // What an earlier pass handed over is not handed over again.
        if event.position <= span.handed_over {
            for table in &mut self.tables {
                table.hold_back();
            }
        }
        Ok(())
    }

    fn park(&mut self, entity: Uuid, position: i64, error: String) {
        self.parked_entities.insert(entity);
        self.parked.push(Parked { entity, position, error });
    }

    /// Leaves half of `span` for another pass if the rows take too much memory; gives the other half.
    fn too_much(&mut self, span: Span, position: i64) -> Option<Span> {
        let held: usize = self.tables.iter().map(|table| table.held()).sum();
        if held <= self.budget? {
            return None;
        }
        let (smaller, later) = span.halved(position)?;
        self.spans.push(later);
        for table in &mut self.tables {
            table.keep(smaller);
        }
        self.parked.retain(|parked| !later.holds(parked.entity));
        self.parked_entities.retain(|entity| !later.holds(*entity));
        Some(smaller)
    }

    /// Sends the rows to their tables: each worker begins with another table, so that all of them are busy.
    fn hand_over(&mut self) -> Result<(), Stop> {
        let tables = self.tables.len();
        let first = self.number;
        for n in (0..tables).map(|n| (n + first) % tables) {
            let sink = &self.sinks[n];
            let mut taken = true;
            self.tables[n].drain(&mut |rows| {
                taken = sink.blocking_send(Part::Rows(rows)).is_ok();
                taken
            });
            if !taken {
                return Err(Stop::Abandoned);
            }
        }
        Ok(())
    }

    /// How many of the rows fall into each cell of each table's counters.
    pub(super) fn counted(&mut self) -> Vec<Counted> {
        self.tables.iter_mut().map(|table| table.counted()).collect()
    }
}
