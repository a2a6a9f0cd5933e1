//! Whether live read models are what a fold of the log from the first event gives.

use std::fmt;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection};

use super::ReadModel;
use super::bulk::Plan;
use super::claim::Claim;
use super::compare::Comparable;
use super::fill::{fill, follow};
use super::follower::Follower;
use super::progress::{Phase, Progress};
use super::switch::{ErasedMeanwhile, destroyed_keys};
use crate::background;
use crate::database::Database;
use crate::log::PgLog;

/// What verifying a read model found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Its name.
    pub model: &'static str,
    /// The position at which it was compared.
    pub position: i64,
    /// All its tables.
    pub tables: Vec<VerifiedTable>,
}

/// What verifying a table found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedTable {
    /// The table.
    pub table: &'static str,
    /// How many rows differ, are missing or should not be there.
    pub differences: i64,
    /// The first of them in the order of keys.
    pub first: Option<Difference>,
}

/// A row that is not what it should be. Says of texts only that they differ: they may be about people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Difference {
    /// The row's key.
    pub key: String,
    /// Whether the live table lacks the row.
    pub missing: bool,
    /// Whether the log knows of no such row.
    pub surplus: bool,
    /// The columns that differ; of those that are no texts, what they are and what they should be.
    pub columns: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { missing: true, key, .. } => write!(f, "{key} is missing"),
            Self { surplus: true, key, .. } => write!(f, "{key} should not be there"),
            Self { key, columns, .. } => write!(f, "{key} differs in {}", columns.join(", ")),
        }
    }
}

/// Compares `model` row by row with a fold from the first event, at the same position. The live read model
/// goes on meanwhile.
///
/// # Errors
/// Somebody else works on the model, the database cannot be reached, or its role may not create tables.
pub async fn verify(
    database: &Database,
    log: &PgLog,
    model: &ReadModel,
    progress: &Progress,
) -> anyhow::Result<Verified> {
    Claim::take(database, model).await?.verify(log, progress).await
}

/// How many rows of each table of `model` differ from a fold of the log up to the live one's position.
///
/// # Errors
/// The same as of [`verify`].
pub async fn differences(
    database: &Database,
    log: &PgLog,
    model: &ReadModel,
) -> anyhow::Result<Vec<(&'static str, i64)>> {
    let verified = verify(database, log, model, &Progress::default()).await?;
    Ok(verified.tables.into_iter().map(|table| (table.table, table.differences)).collect())
}

impl Claim {
    /// Compares the claimed read model with a fold from the first event: see [`verify`].
    ///
    /// # Errors
    /// The database cannot be reached, or does not do what it should.
    pub async fn verify(mut self, log: &PgLog, progress: &Progress) -> anyhow::Result<Verified> {
        let (database, model) = (self.database.clone(), self.model.clone());
        let destroyed = destroyed_keys(&mut self.connection).await?;
        log.learn_destroyed().await?;
        let schema = self.fresh_schema("verify").await?;
        let to = position(&mut self.connection, &model).await?;
        let plan = Plan { database: &database, log, model: &model, schema: &schema, to, memory: self.memory };
        let mut beside = background::connect(&database).await?;
        fill(plan, &mut beside, progress).await?;
        let verified = compare(&mut beside, plan, progress).await;
        beside.close().await?;
        self.drop_schema(&schema).await?;
        let undisturbed = destroyed_keys(&mut self.connection).await? == destroyed;
        self.release().await?;
        if undisturbed { verified } else { Err(ErasedMeanwhile.into()) }
    }
}

/// In one snapshot of the live tables, to whose position the others are brought within it.
async fn compare(
    connection: &mut PgConnection,
    filled: Plan<'_>,
    progress: &Progress,
) -> anyhow::Result<Verified> {
    let Plan { log, model, schema, to, .. } = filled;
    let mut follower = Follower::beside(model, schema, to);
    follower.load_parked(connection).await?;
    let mut snapshot = connection.begin_with("begin isolation level repeatable read").await?;
    let position = position(&mut snapshot, model).await?;
    follow(&mut snapshot, log, &mut follower, position, None, progress).await?;
    progress.enter(Phase::Comparing);
    let mut tables = Vec::new();
    for table in model.comparables() {
        let differences: i64 =
            sqlx::query_scalar(AssertSqlSafe(table.count(schema))).fetch_one(&mut *snapshot).await?;
        let first = match differences {
            0 => None,
            _ => sqlx::query_as(AssertSqlSafe(table.first(schema))).fetch_optional(&mut *snapshot).await?,
        };
        tables.push(VerifiedTable { table: table.name, differences, first });
    }
    snapshot.rollback().await?;
    Ok(Verified { model: model.name(), position, tables })
}

async fn position(connection: &mut PgConnection, model: &ReadModel) -> sqlx::Result<i64> {
    sqlx::query_scalar("select position from read.checkpoints where model = $1")
        .bind(model.name())
        .fetch_one(connection)
        .await
}

impl Comparable {
    /// The rows of the live table beside those of the one in `schema`, where they differ.
    fn beside(&self, schema: &str) -> String {
        let equal: Vec<String> = self.keys.iter().map(|key| format!("l.{key} = f.{key}")).collect();
        let (table, equal) = (self.name, equal.join(" and "));
        format!("from read.{table} l full join {schema}.{table} f on {equal} where l is distinct from f")
    }

    fn count(&self, schema: &str) -> String {
        format!("select count(*) {}", self.beside(schema))
    }

    fn first(&self, schema: &str) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("coalesce(l.{key}, f.{key})")).collect();
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, is_text)| {
                let told = if *is_text {
                    format!("'{name}'")
                } else {
                    let shown = |side| format!("coalesce({side}.{name}::text, 'nothing')");
                    format!("format('{name} (%s, not %s)', {}, {})", shown("l"), shown("f"))
                };
                format!("case when l.{name} is distinct from f.{name} then {told} end")
            })
            .collect();
        let (first, named) = (self.keys[0], keys.join(", "));
        format!(
            "select concat_ws('/', {named}) as key, l.{first} is null as missing, f.{first} is null as surplus,
                    array_remove(array[{}], null) as columns
             {} order by {named} limit 1",
            columns.join(", "),
            self.beside(schema)
        )
    }
}
