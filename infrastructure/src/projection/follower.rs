//! One read model on its way through the log: its position, its lease, and what it had to park.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::event::Recorded;
use sqlx::PgConnection;
use uuid::Uuid;

use super::feed::Next;
use super::{ReadModel, Work};
use crate::database::is_unreachable;
use crate::lease::Held;

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
}

impl Follower {
    /// `model`, whose tables are in `schema`, having taken everything up to `position`.
    pub(crate) fn new(model: &ReadModel, schema: &str, position: i64, token: i64) -> Self {
        let tables = model.work(schema, position == 0);
        Self { name: model.name().to_owned(), position, token, parked: HashSet::new(), tables }
    }

    /// `model` from the first event on, in a `schema` beside the live one; what it parks it parks apart.
    pub(crate) fn rebuilding(model: &ReadModel, schema: &str) -> Self {
        let name = format!("{} in {schema}", model.name());
        Self { name, ..Self::new(model, schema, 0, 0) }
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
            match &next.event {
                _ if self.parked.contains(&next.entity) => {
                    self.park(connection, next, "an earlier event of the same ticket or user is parked")
                        .await?;
                }
                Ok(event) => fit.push(event),
                Err(error) => return Err(Trouble::Poison(error.clone())),
            }
        }
        for table in &mut self.tables {
            table.load(connection, &fit).await?;
            for event in &fit {
                fold(&mut **table, event)?;
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

/// Folds one event; a panic in a read model is its refusal of the event, not the end of the process.
fn fold(table: &mut dyn Work, event: &Recorded) -> Result<(), Trouble> {
    match catch_unwind(AssertUnwindSafe(|| table.fold(event))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Trouble::Poison(format!("{error:#}"))),
        Err(_) => Err(Trouble::Poison("the read model panicked".to_owned())),
    }
}
