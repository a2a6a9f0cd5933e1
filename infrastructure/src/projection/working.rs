//! The part of a table that is being worked on: rows loaded, folded, written back.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use async_trait::async_trait;
use domain::event::Recorded;
use sqlx::{AssertSqlSafe, FromRow as _, PgConnection};

use super::cells::{Cells, Column, Kind};
use super::table::{Key, Table, arrays};

/// How many rows stay in memory between batches.
const ROWS_KEPT: usize = 20_000;

/// A table being worked on, whatever its rows are.
#[async_trait]
pub(crate) trait Work: Send + Sync {
    /// Loads the rows that `events` concern.
    async fn load(&mut self, connection: &mut PgConnection, events: &[&Recorded]) -> sqlx::Result<()>;
    /// Folds one event in memory.
    fn fold(&mut self, event: &Recorded) -> anyhow::Result<()>;
    /// Writes what changed.
    async fn flush(&mut self, connection: &mut PgConnection) -> sqlx::Result<()>;
    /// The changes are committed: the rows may stay in memory.
    fn committed(&mut self);
    /// Forgets everything that is not in the database.
    fn forget(&mut self);
}

/// What is known of a row.
struct Slot<R> {
    /// As the database has it.
    stored: Option<R>,
    /// As it is to be.
    row: Option<R>,
}

/// A table in `schema` being worked on.
pub(crate) struct Working<T: Table> {
    rows: HashMap<T::Key, Slot<T::Row>>,
    changed: HashSet<T::Key>,
    /// Of a versioned table: every state since the last commit, to be added.
    states: Vec<T::Row>,
    statements: Statements,
    /// Everything in the database is also in memory, so there is nothing to load.
    from_nothing: bool,
}

impl<T: Table> Working<T> {
    /// The table of `schema`, which `from_nothing` says to be empty.
    pub(crate) fn new(schema: &str, from_nothing: bool) -> Self {
        Self {
            rows: HashMap::new(),
            changed: HashSet::new(),
            states: Vec::new(),
            statements: Statements::new::<T>(schema),
            from_nothing,
        }
    }

    async fn delete(&self, connection: &mut PgConnection, gone: &[&T::Key]) -> sqlx::Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        sqlx::query(AssertSqlSafe(self.statements.delete.clone()))
            .bind(keys::<T>(gone.iter().copied()))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Adds `rows`, or puts them in the place of those with the same key.
    async fn add<'r>(
        &self,
        connection: &mut PgConnection,
        rows: impl Iterator<Item = &'r T::Row>,
    ) -> sqlx::Result<()> {
        let upsert = arrays::<T>(rows)
            .into_iter()
            .fold(sqlx::query(AssertSqlSafe(self.statements.upsert.clone())), sqlx::query::Query::bind);
        upsert.execute(connection).await.map(|_| ())
    }

    async fn count(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let (Some(counters), Some(statement)) = (T::COUNTERS, &self.statements.count) else { return Ok(()) };
        let mut cells: HashMap<Vec<String>, i64> = HashMap::new();
        for slot in self.changed.iter().filter_map(|key| self.rows.get(key)) {
            if let Some(before) = &slot.stored {
                *cells.entry((counters.cell)(before)).or_default() -= 1;
            }
            if let Some(after) = &slot.row {
                *cells.entry((counters.cell)(after)).or_default() += 1;
            }
        }
        cells.retain(|_, change| *change != 0);
        if cells.is_empty() {
            return Ok(());
        }
        let mut columns = vec![Column::new(Kind::Text); counters.columns.len()];
        let mut changes = Column::new(Kind::Int8);
        for (cell, change) in &cells {
            for (column, word) in columns.iter_mut().zip(cell) {
                column.push(Some(word.as_bytes()));
            }
            changes.push(Some(&change.to_be_bytes()));
        }
        let query = columns
            .into_iter()
            .fold(sqlx::query(AssertSqlSafe(statement.clone())), sqlx::query::Query::bind)
            .bind(changes);
        query.execute(&mut *connection).await?;
        // A cell that nothing falls into is no row, as if nothing ever had.
        if let (true, Some(empty)) = (cells.values().any(|change| *change < 0), &self.statements.empty) {
            sqlx::query(AssertSqlSafe(empty.clone())).execute(connection).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl<T: Table> Work for Working<T> {
    async fn load(&mut self, connection: &mut PgConnection, events: &[&Recorded]) -> sqlx::Result<()> {
        if T::APPEND_ONLY || self.from_nothing {
            return Ok(());
        }
        let wanted: HashSet<T::Key> = events
            .iter()
            .filter_map(|event| T::key(event))
            .filter(|key| !self.rows.contains_key(key))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let found = sqlx::query(AssertSqlSafe(self.statements.select.clone()))
            .bind(keys::<T>(wanted.iter()))
            .fetch_all(connection)
            .await?;
        for key in wanted {
            self.rows.insert(key, Slot { stored: None, row: None });
        }
        for row in &found {
            let key = T::Key::of(row, T::COLUMNS[0].0)?;
            let row = T::Row::from_row(row)?;
            self.rows.insert(key, Slot { stored: Some(row.clone()), row: Some(row) });
        }
        Ok(())
    }

    fn fold(&mut self, event: &Recorded) -> anyhow::Result<()> {
        let Some(key) = T::key(event) else { return Ok(()) };
        let slot = self.rows.entry(key.clone()).or_insert(Slot { stored: None, row: None });
        slot.row = T::fold(slot.row.take(), event)?;
        if T::VERSIONED {
            self.states.extend(slot.row.clone());
        }
        self.changed.insert(key);
        Ok(())
    }

    async fn flush(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        if self.changed.is_empty() {
            return Ok(());
        }
        if T::VERSIONED {
            return self.add(connection, self.states.iter()).await;
        }
        let slots = || self.changed.iter().filter_map(|key| self.rows.get(key).map(|slot| (key, slot)));
        let gone: Vec<&T::Key> = slots()
            .filter(|(_, slot)| slot.row.is_none() && slot.stored.is_some())
            .map(|(key, _)| key)
            .collect();
        self.delete(connection, &gone).await?;
        self.add(connection, slots().filter_map(|(_, slot)| slot.row.as_ref())).await?;
        self.count(connection).await
    }

    fn committed(&mut self) {
        self.states.clear();
        if T::APPEND_ONLY || self.rows.len() > ROWS_KEPT {
            self.rows.clear();
            self.from_nothing = false;
        }
        for key in self.changed.drain() {
            if let Some(slot) = self.rows.get_mut(&key) {
                slot.stored = slot.row.clone();
            }
        }
    }

    fn forget(&mut self) {
        self.from_nothing = false;
        self.rows.clear();
        self.changed.clear();
        self.states.clear();
    }
}

fn keys<'k, T: Table>(keys: impl Iterator<Item = &'k T::Key>) -> Column {
    let mut column = Column::new(T::Key::KIND);
    for key in keys {
        key.cell(&mut Cells::new(&mut |_, cell| column.push(cell)));
    }
    column
}

/// The statements of a table, made once. All names in them come from the program.
struct Statements {
    select: String,
    upsert: String,
    delete: String,
    count: Option<String>,
    empty: Option<String>,
}

impl Statements {
    fn new<T: Table>(schema: &str) -> Self {
        let (table, key) = (T::NAME, T::COLUMNS[0].0);
        let names: Vec<&str> = T::COLUMNS.iter().map(|(name, _)| *name).collect();
        let all = names.join(", ");
        let mut upsert = format!("insert into {schema}.{table} ({all}) select * from unnest(");
        upsert.push_str(&parameters(T::COLUMNS.iter().map(|(_, kind)| *kind)));
        if T::APPEND_ONLY || T::VERSIONED {
            upsert.push(')');
        } else {
            let _ = write!(upsert, ") on conflict ({key}) do update set ");
            let sets: Vec<String> =
                names[1..].iter().map(|name| format!("{name} = excluded.{name}")).collect();
            upsert.push_str(&sets.join(", "));
        }
        Self {
            select: if T::VERSIONED {
                let (newest, kind) = (T::COLUMNS[1].0, T::Key::KIND.sql());
                format!(
                    "select r.* from unnest($1::{kind}[]) k(key) cross join lateral (select {all} \
                       from {schema}.{table} where {key} = k.key order by {newest} desc limit 1) r"
                )
            } else {
                format!("select {all} from {schema}.{table} where {key} = any($1)")
            },
            delete: format!("delete from {schema}.{table} where {key} = any($1)"),
            upsert,
            empty: T::COUNTERS.map(|counters| format!("delete from {schema}.{} where n = 0", counters.table)),
            count: T::COUNTERS.map(|counters| {
                let columns = counters.columns.join(", ");
                let kinds = counters.columns.iter().map(|_| Kind::Text).chain([Kind::Int8]);
                let counted = counters.table;
                format!(
                    "insert into {schema}.{counted} as c ({columns}, n) select * from unnest({}) \
                     on conflict ({columns}) do update set n = c.n + excluded.n",
                    parameters(kinds)
                )
            }),
        }
    }
}

fn parameters(kinds: impl Iterator<Item = Kind>) -> String {
    let typed: Vec<String> = (1..).zip(kinds).map(|(n, kind)| format!("${n}::{}[]", kind.sql())).collect();
    typed.join(", ")
}
