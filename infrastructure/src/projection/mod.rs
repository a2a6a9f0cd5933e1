//! Read models and how they are kept: what an event does to a row, and who applies it.
//!
//! A read model is pure ([`Table`]): it sees a row and an event and yields a row. The [`Runner`] loads rows,
//! folds events and writes rows and checkpoint in one transaction, so an event has its effect exactly once.

mod ahead;
mod bulk;
mod cells;
mod claim;
mod compare;
pub(crate) mod feed;
mod fill;
mod follower;
mod frozen;
mod in_memory;
mod mask;
mod previous;
mod progress;
mod rebuild;
mod runner;
mod shape;
mod status;
mod switch;
mod table;
mod verify;
mod working;

use std::sync::Arc;

use self::bulk::{Bulk, Rows};
pub use self::cells::{Cells, Kind};
pub(crate) use self::claim::LOCKS;
pub use self::claim::{Claim, Refused};
pub use self::compare::Compared;
pub use self::frozen::{At, CopyName, Frozen, NotACopyName, freeze};
pub use self::in_memory::fold;
pub use self::mask::{Texts, mask};
pub use self::previous::{drop_previous, sweep_previous};
pub use self::progress::{Phase, Progress, Reached};
pub use self::rebuild::{Rebuilt, rebuild};
pub use self::runner::{Runner, Visible};
pub use self::status::{Detail, Status, details, status};
pub use self::switch::ErasedMeanwhile;
pub use self::table::{Counters, Key, Row, Table};
pub use self::verify::{Difference, Verified, VerifiedTable, differences, verify};
use self::working::{Work, Working};

/// A read model: tables that share a checkpoint.
#[derive(Clone)]
pub struct ReadModel {
    name: &'static str,
    tables: Vec<TableOf>,
}

/// A table of a read model, whatever its rows are.
#[derive(Clone)]
struct TableOf {
    name: &'static str,
    counters: Option<&'static str>,
    counter_columns: &'static [&'static str],
    columns: &'static [(&'static str, Kind)],
    versioned: bool,
    texts: Option<Texts>,
    own_rows: bool,
    work: fn(&str, bool) -> Box<dyn Work>,
    bulk: fn(bool) -> Box<dyn Bulk>,
}

impl ReadModel {
    /// The read model called `name` in `read.checkpoints`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, tables: Vec::new() }
    }

    /// With the table `T`.
    #[must_use]
    pub fn with<T: Table>(mut self) -> Self {
        const { assert!(!T::VERSIONED || !T::APPEND_ONLY && T::COUNTERS.is_none()) };
        self.tables.push(TableOf {
            name: T::NAME,
            counters: T::COUNTERS.map(|counters| counters.table),
            counter_columns: T::COUNTERS.map_or(&[], |counters| counters.columns),
            columns: T::COLUMNS,
            versioned: T::VERSIONED,
            texts: T::TEXTS,
            own_rows: T::OWN_ROWS,
            work: |schema, from_nothing| Box::new(Working::<T>::new(schema, from_nothing)),
            bulk: |careful| Box::new(Rows::<T>::new(careful)),
        });
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it shows texts about people.
    #[must_use]
    pub fn shows_texts(&self) -> bool {
        self.tables.iter().any(|table| table.texts.is_some())
    }

    /// The types of the events whose texts it shows.
    #[must_use]
    pub fn texts_of(&self) -> Arc<[&'static str]> {
        self.tables.iter().filter_map(|table| table.texts).flat_map(|texts| texts.of).copied().collect()
    }

    /// The names of all its tables.
    fn table_names(&self) -> impl Iterator<Item = &'static str> {
        self.tables.iter().flat_map(|table| [Some(table.name), table.counters]).flatten()
    }

    /// Its tables in `schema`, ready to be worked on.
    fn work(&self, schema: &str, from_nothing: bool) -> Vec<Box<dyn Work>> {
        self.tables.iter().map(|table| (table.work)(schema, from_nothing)).collect()
    }
}
