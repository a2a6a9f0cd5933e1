//! One read model on its way through the log: its position, its lease, and what it had to park.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::event::Recorded;
use sqlx::PgConnection;
use uuid::Uuid;

use super::feed::Next;
use super::{ReadModel, Work};
use crate::database::is_unreachable;
use crate::lease::Held;

/// Why an event is parked that could be read.
pub(crate) const FOLLOWS: &str = "an earlier event of the same ticket or user is parked";

/// Why events were not applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The database cannot be reached: try again.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// Another process keeps the read model now.
    #[error("another process keeps the read model now")]
    Fenced,
    /// An event cannot be taken.
    #[error("an event cannot be taken: {0}")]
    Poison(String),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        if is_unreachable(&error) { Self::Unreachable(error) } else { Self::Poison(error.to_string()) }
    }
}

/// A read model on its way.
pub(crate) struct Follower {
    pub(crate) name: String,
    pub(crate) position: i64,
    pub(crate) token: i64,
    parked: HashSet<Uuid>,
    tables: Vec<Box<dyn Work>>,
    /// The types of the events whose texts its tables show.
    pub(crate) texts_of: Arc<[&'static str]>,
}

impl Follower {
    /// `model`, whose tables are in `schema`, having taken everything up to `position`.
    pub(crate) fn new(model: &ReadModel, schema: &str, position: i64, token: i64) -> Self {
        let tables = model.work(schema, position == 0);
        let texts_of = model.texts_of();
        Self { name: model.name().to_owned(), position, token, parked: HashSet::new(), tables, texts_of }
    }

    /// `model` in a `schema` beside the live one, up to `position`; what it parks it parks apart.
    pub(crate) fn beside(model: &ReadModel, schema: &str, position: i64) -> Self {
        Self { name: name_beside(model, schema), ..Self::new(model, schema, position, 0) }
    }

    /// The lease it works under, and where it stands.
    pub(crate) fn held(&self) -> Held {
        Held { name: self.name.clone(), token: self.token, position: self.position }
    }

    /// Remembers which tickets and users are parked.
    pub(crate) async fn load_parked(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let parked: Vec<Uuid> =
            sqlx::query_scalar("select distinct entity from read.parked where model = $1")
                .bind(&self.name)
                .fetch_all(connection)
                .await?;
        self.parked = parked.into_iter().collect();
        Ok(())
    }

    /// Folds `events` and writes the rows; the caller's transaction commits them.
    pub(crate) async fn apply(
        &mut self,
        connection: &mut PgConnection,
        events: &[Next],
    ) -> Result<(), Trouble> {
        let mut fit: Vec<&Recorded> = Vec::with_capacity(events.len());
        for next in events {
            match next.event(&self.texts_of) {
                _ if self.parked.contains(&next.entity) => self.park(connection, next, FOLLOWS).await?,
                Ok(event) => fit.push(event),
                Err(error) => return Err(Trouble::Poison(error.to_owned())),
            }
        }
        for table in &mut self.tables {
            table.load(connection, &fit).await?;
            for event in &fit {
                guarded(|| table.fold(event)).map_err(Trouble::Poison)?;
            }
            table.flush(connection).await?;
        }
        Ok(())
    }

    /// Sets `next` and everything that will follow on the same ticket or user aside, in order.
    pub(crate) async fn park(
        &mut self,
        connection: &mut PgConnection,
        next: &Next,
        error: &str,
    ) -> Result<(), Trouble> {
        sqlx::query("insert into read.parked (model, entity, position, error) values ($1, $2, $3, $4)")
            .bind(&self.name)
            .bind(next.entity)
            .bind(next.position)
            .bind(error)
            .execute(connection)
            .await?;
        self.parked.insert(next.entity);
        Ok(())
    }

    /// The events up to `position` are committed.
    pub(crate) fn committed(&mut self, position: i64) {
        self.position = position;
        self.tables.iter_mut().for_each(|table| table.committed());
    }

    /// What is in memory may differ from the database.
    pub(crate) fn forget(&mut self) {
        self.tables.iter_mut().for_each(|table| table.forget());
    }
}

/// Folds; gives why the event is refused. A panic in a read model is its refusal of the event, not the end of
/// the process.
pub(crate) fn guarded<T>(fold: impl FnOnce() -> anyhow::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(fold)) {
        Ok(folded) => folded.map_err(|error| format!("{error:#}")),
        Err(_) => Err("the read model panicked".to_owned()),
    }
}

/// Under which name what `model` parks is kept while it is in a `schema` beside the live one.
pub(crate) fn name_beside(model: &ReadModel, schema: &str) -> String {
    format!("{} in {schema}", model.name())
}
