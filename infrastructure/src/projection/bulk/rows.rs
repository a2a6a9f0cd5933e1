//! One table's rows in memory while the log is folded, and on their way into COPY.

use std::collections::HashMap;

use domain::event::Recorded;
use uuid::Uuid;

use super::super::cells::{Cells, put_cell};
use super::super::follower::guarded;
use super::super::table::{Row as _, Table};
use super::span::Span;

/// How many rows tell how large the others are.
const SAMPLED: usize = 256;
/// What a text takes in memory beside its bytes.
const TEXT_OVERHEAD: usize = 16;

/// How many rows fall into each cell of a table of counters.
pub(crate) type Counted = HashMap<Vec<String>, i64>;

/// A table's rows in memory, whatever they are.
pub(crate) trait Bulk: Send {
    /// Folds an event of `entity`; gives why it is refused.
    fn fold(&mut self, entity: Uuid, event: &Recorded) -> Result<(), String>;
    /// Takes the last event back, if the table can.
    fn undo(&mut self) -> bool;
    /// Takes the row back that the last event made for good, if it made one; later events follow on it all the same.
    fn hold_back(&mut self);
    /// The rows that are ready, in the form of COPY, once they are `enough` bytes.
    fn ready(&mut self, enough: usize) -> Option<Vec<u8>>;
    /// How many bytes the rows take, estimated.
    fn held(&self) -> usize;
    /// Forgets the rows of everybody who is not within `span`.
    fn keep(&mut self, span: Span);
    /// Hands over all rows, some thousand bytes at a time, until `send` says that nobody takes them.
    fn drain(&mut self, send: &mut dyn FnMut(Vec<u8>) -> bool);
    /// How many of the rows handed over fall into each cell.
    fn counted(&mut self) -> Counted;
}

/// The rows of `T`.
pub(crate) struct Rows<T: Table> {
    by_key: HashMap<T::Key, Box<Held<T::Row>>>,
    ready: Vec<u8>,
    counted: Counted,
    /// Keeps what it takes to take an event back.
    careful: bool,
    before: Before<T>,
}

struct Held<R> {
    entity: Uuid,
    row: Option<R>,
}

/// What was before the last event.
struct Before<T: Table> {
    /// Of careful rows: the row that it changed.
    row: Option<(T::Key, Option<T::Row>)>,
    /// If it made a row for good: how many bytes were ready, and the cell that the row was counted in.
    ready: Option<(usize, Option<Vec<String>>)>,
}

impl<T: Table> Before<T> {
    const SAME: Self = Self { row: None, ready: None };
}

impl<T: Table> Rows<T> {
    /// No rows; `careful` ones can take the last event back, at the price of a copy of each row.
    pub(crate) fn new(careful: bool) -> Self {
        let (by_key, counted) = (HashMap::new(), HashMap::new());
        Self { by_key, ready: Vec::new(), counted, careful, before: Before::SAME }
    }

    fn fold_held(&mut self, key: T::Key, entity: Uuid, event: &Recorded) -> Result<(), String> {
        let held = self.by_key.entry(key.clone()).or_insert_with(|| Box::new(Held { entity, row: None }));
        if self.careful {
            self.before.row = Some((key, held.row.clone()));
        }
        let row = held.row.take();
        held.row = guarded(|| T::fold(row, event))?;
        if let (true, Some(row)) = (T::VERSIONED, &held.row) {
            self.before.ready = Some((self.ready.len(), None));
            encode::<T>(row, &mut self.ready);
        }
        Ok(())
    }

    /// The mean length of the texts in a row.
    fn texts(&self) -> usize {
        let (mut bytes, mut rows) = (0, 0);
        for row in self.by_key.values().take(SAMPLED).filter_map(|held| held.row.as_ref()) {
            rows += 1;
            let mut take = |_: usize, cell: Option<&[u8]>| {
                bytes += cell.map_or(0, |cell| cell.len() + TEXT_OVERHEAD);
            };
            row.cells(&mut Cells::new(&mut take));
        }
        bytes / rows.max(1)
    }
}

fn encode<T: Table>(row: &T::Row, into: &mut Vec<u8>) {
    let columns = i16::try_from(T::COLUMNS.len()).expect("a table has fewer columns");
    into.extend_from_slice(&columns.to_be_bytes());
    row.cells(&mut Cells::new(&mut |_, cell| put_cell(into, cell)));
}

/// Counts `row`; gives the cell it falls into.
fn count<T: Table>(row: &T::Row, counted: &mut Counted) -> Option<Vec<String>> {
    let cell = (T::COUNTERS?.cell)(row);
    match counted.get_mut(&cell) {
        Some(n) => *n += 1,
        None => drop(counted.insert(cell.clone(), 1)),
    }
    Some(cell)
}

impl<T: Table> Bulk for Rows<T> {
    fn fold(&mut self, entity: Uuid, event: &Recorded) -> Result<(), String> {
        self.before = Before::SAME;
        let Some(key) = guarded(|| Ok(T::key(event)))? else { return Ok(()) };
        if !T::APPEND_ONLY {
            return self.fold_held(key, entity, event);
        }
        if let Some(row) = guarded(|| T::fold(None, event))? {
            let length = self.ready.len();
            encode::<T>(&row, &mut self.ready);
            self.before.ready = Some((length, count::<T>(&row, &mut self.counted)));
        }
        Ok(())
    }

    fn undo(&mut self) -> bool {
        self.hold_back();
        if let Some((key, row)) = self.before.row.take()
            && let Some(held) = self.by_key.get_mut(&key)
        {
            held.row = row;
        }
        T::APPEND_ONLY || self.careful
    }

    fn hold_back(&mut self) {
        let Some((length, cell)) = self.before.ready.take() else { return };
        self.ready.truncate(length);
        if let Some(counted) = cell.and_then(|cell| self.counted.get_mut(&cell)) {
            *counted -= 1;
        }
    }

    fn ready(&mut self, enough: usize) -> Option<Vec<u8>> {
        (self.ready.len() >= enough).then(|| {
            let next = Vec::with_capacity(self.ready.capacity());
            std::mem::replace(&mut self.ready, next)
        })
    }

    fn held(&self) -> usize {
        let slot = size_of::<(T::Key, Box<Held<T::Row>>)>() + 1;
        let row = size_of::<Held<T::Row>>() + TEXT_OVERHEAD + self.texts();
        self.by_key.capacity() * slot + self.by_key.len() * row
    }

    fn keep(&mut self, span: Span) {
        self.by_key.retain(|_, held| span.holds(held.entity));
        self.by_key.shrink_to_fit();
    }

    fn drain(&mut self, send: &mut dyn FnMut(Vec<u8>) -> bool) {
        for (_, held) in std::mem::take(&mut self.by_key) {
            // Every state of a versioned row was made ready when it came about.
            let Some(row) = held.row.filter(|_| !T::VERSIONED) else { continue };
            encode::<T>(&row, &mut self.ready);
            count::<T>(&row, &mut self.counted);
            if let Some(rows) = self.ready(super::CHUNK)
                && !send(rows)
            {
                return;
            }
        }
        if let Some(rows) = self.ready(1) {
            send(rows);
        }
    }

    fn counted(&mut self) -> Counted {
        std::mem::take(&mut self.counted)
    }
}
