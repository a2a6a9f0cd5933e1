//! Read models and how they are kept: what an event does to a row, and who applies it.
//!
//! A read model is pure ([`Table`]): it sees a row and an event and yields a row. The [`Runner`] loads rows,
//! folds events and writes rows and checkpoint in one transaction, so an event has its effect exactly once.

mod cells;
pub(crate) mod feed;
mod follower;
mod mask;
mod rebuild;
mod runner;
mod status;
mod table;
mod working;

pub use self::cells::{Cells, Kind};
pub use self::mask::{Texts, mask};
pub(crate) use self::rebuild::alone_in;
pub use self::rebuild::{ErasedMeanwhile, Rebuilt, differences, rebuild};
pub use self::runner::{Runner, Visible};
pub use self::status::{Status, status};
pub use self::table::{Counters, Key, Row, Table};
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
    texts: Option<Texts>,
    work: fn(&str, bool) -> Box<dyn Work>,
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
        self.tables.push(TableOf {
            name: T::NAME,
            counters: T::COUNTERS.map(|counters| counters.table),
            texts: T::TEXTS,
            work: |schema, from_nothing| Box::new(Working::<T>::new(schema, from_nothing)),
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

    /// The names of all its tables.
    fn table_names(&self) -> impl Iterator<Item = &'static str> {
        self.tables.iter().flat_map(|table| [Some(table.name), table.counters]).flatten()
    }

    /// Its tables in `schema`, ready to be worked on.
    fn work(&self, schema: &str, from_nothing: bool) -> Vec<Box<dyn Work>> {
        self.tables.iter().map(|table| (table.work)(schema, from_nothing)).collect()
    }
}
