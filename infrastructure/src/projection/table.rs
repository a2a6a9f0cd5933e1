//! A read model's table as a fold of events into rows.

use std::hash::Hash;

use domain::event::Recorded;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::cells::{Cells, Column, Kind};
use super::mask::Texts;

/// A table of a read model: which row an event concerns and what it makes of it. Pure: no pool, no clock,
/// nothing outside the row and the event is in scope, so a rebuild can only come out the same.
pub trait Table: Send + Sync + 'static {
    /// What identifies a row.
    type Key: Key;
    /// A row.
    type Row: Row;

    /// The table's name within its schema.
    const NAME: &'static str;
    /// Its columns in order, the key first.
    const COLUMNS: &'static [(&'static str, Kind)];
    /// Whether every event makes a row of its own, so that there is never one to be changed.
    const APPEND_ONLY: bool = false;
    /// Whether every state that a row was in stays, as a row of its own: an event adds a row, made of the newest
    /// one of its key, and changes none. The second column is the event's position. No such table is append-only,
    /// and none has counters.
    const VERSIONED: bool = false;
    /// The opened texts that its rows show, if any. A fold may ask for the [`Sealed`](domain::sealed::Sealed) texts of the events
    /// they come from and of no others: those a rebuild leaves unopened, and an event whose texts cannot be opened is
    /// not parked for texts that nobody asks for.
    const TEXTS: Option<Texts> = None;
    /// Whether a row only ever follows from the events of one ticket (with its conversation) or one user, so
    /// that a rebuild may fold some of them here and the others there.
    const OWN_ROWS: bool = false;
    /// The counters kept beside it, if any.
    const COUNTERS: Option<Counters<Self::Row>> = None;

    /// The row that `event` concerns; none if the table does not care.
    fn key(event: &Recorded) -> Option<Self::Key>;

    /// The row after `event`; none if there is none.
    ///
    /// # Errors
    /// The event does not fit what came before: its key is parked.
    fn fold(row: Option<Self::Row>, event: &Recorded) -> anyhow::Result<Option<Self::Row>>;
}

/// A row: how it is read and written. Its key is its first cell.
pub trait Row: Clone + Send + Sync + Unpin + for<'r> FromRow<'r, PgRow> + 'static {
    /// Its cells, in the order of the table's columns.
    fn cells(&self, cells: &mut Cells<'_>);
}

/// What may identify a row.
pub trait Key: Clone + Eq + Hash + Send + Sync + 'static {
    /// The type of the key column.
    const KIND: Kind;
    /// The key as a cell.
    fn cell(&self, cells: &mut Cells<'_>);
    /// The key in a row that was read.
    ///
    /// # Errors
    /// The column is of another type.
    fn of(row: &PgRow, column: &str) -> sqlx::Result<Self>;
}

impl Key for Uuid {
    const KIND: Kind = Kind::Uuid;

    fn cell(&self, cells: &mut Cells<'_>) {
        cells.uuid(*self);
    }

    fn of(row: &PgRow, column: &str) -> sqlx::Result<Self> {
        sqlx::Row::try_get(row, column)
    }
}

impl Key for i64 {
    const KIND: Kind = Kind::Int8;

    fn cell(&self, cells: &mut Cells<'_>) {
        cells.int8(*self);
    }

    fn of(row: &PgRow, column: &str) -> sqlx::Result<Self> {
        sqlx::Row::try_get(row, column)
    }
}

impl Key for String {
    const KIND: Kind = Kind::Text;

    fn cell(&self, cells: &mut Cells<'_>) {
        cells.text(self.as_str());
    }

    fn of(row: &PgRow, column: &str) -> sqlx::Result<Self> {
        sqlx::Row::try_get(row, column)
    }
}

/// Counters kept beside a table: how many of its rows fall into each cell, so that a list can say how long
/// it is without counting.
pub struct Counters<R> {
    /// The table of counters: text columns, then `n bigint`.
    pub table: &'static str,
    /// Its text columns.
    pub columns: &'static [&'static str],
    /// The cell a row falls into.
    pub cell: fn(&R) -> Vec<String>,
}

/// The cells of `rows`, column by column, for `unnest`.
pub(crate) fn arrays<'r, T: Table>(rows: impl Iterator<Item = &'r T::Row>) -> Vec<Column> {
    let mut columns: Vec<Column> = T::COLUMNS.iter().map(|(_, kind)| Column::new(*kind)).collect();
    for row in rows {
        let mut take = |column: usize, cell: Option<&[u8]>| columns[column].push(cell);
        let mut cells = Cells::new(&mut take);
        row.cells(&mut cells);
        debug_assert_eq!(cells.count(), T::COLUMNS.len(), "{} has other cells than columns", T::NAME);
    }
    columns
}
