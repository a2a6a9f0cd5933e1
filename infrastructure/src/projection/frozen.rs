//! Copies of read models as they were at some point, for analysts.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::ReadModel;
use super::bulk::Plan;
use super::claim::{MEMORY, forget_parked};
use super::fill::fill;
use super::follower::name_beside;
use super::progress::Progress;
use super::shape::run;
use crate::background;
use crate::database::Database;
use crate::log::PgLog;

/// The name of a schema for a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyName(String);

/// The text cannot name a copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACopyName {
    /// It has other characters, or too many.
    #[error("a schema's name has 1 to 48 letters a to z, digits and underscores, and begins with a letter")]
    Malformed,
    /// It is one of the desk's or of PostgreSQL's.
    #[error("schemas of this name belong to the desk or to PostgreSQL")]
    Reserved,
}

impl FromStr for CopyName {
    type Err = NotACopyName;

    fn from_str(text: &str) -> Result<Self, NotACopyName> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !begins || text.len() > 48 || !text.bytes().all(allowed) {
            return Err(NotACopyName::Malformed);
        }
        let reserved = ["read", "ledger", "desk", "public", "information_schema"].contains(&text)
            || ["pg_", "read_"].iter().any(|start| text.starts_with(start));
        if reserved { Err(NotACopyName::Reserved) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for CopyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A point in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Right after this event.
    Position(i64),
    /// After the last event that was recorded by then.
    Time(DateTime<Utc>),
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The position of the last event in it.
    pub position: i64,
    /// How many rows each table has.
    pub rows: Vec<(&'static str, u64)>,
    /// How many events no read model could take.
    pub parked: u64,
}

/// Builds `models` as they were at `at`, from the events up to there only, in a new schema of that name.
/// Nobody but the role that owns the database may read it. It shows texts in the clear, and erasing a person
/// does not reach it.
///
/// # Errors
/// There is such a schema already, the log is not that long or began later, the database cannot be reached, or
/// its role may not create schemas. Nothing is left then.
pub async fn freeze(
    database: &Database,
    log: &PgLog,
    models: &[ReadModel],
    (at, into): (At, &CopyName),
    progress: &Progress,
) -> anyhow::Result<Frozen> {
    let mut connection = background::connect(database).await.context("the database cannot be reached")?;
    connection.execute("set client_min_messages = warning").await?;
    let CopyName(name) = into;
    ensure!(!exists(&mut connection, name).await?, "there is a schema {name} already");
    let position = position(&mut connection, log, at).await?;
    // Under its name it is there as a whole or not at all.
    let schema = format!("read_copy_{name}");
    run(&mut connection, format!("drop schema if exists {schema} cascade")).await?;
    run(&mut connection, format!("create schema {schema}"))
        .await
        .context("the role may not create schemas")?;
    let mut frozen = Frozen { position, rows: Vec::new(), parked: 0 };
    for model in models {
        let plan = Plan { database, log, model, schema: &schema, to: position, memory: MEMORY };
        match fill_one(plan, &mut connection, progress).await {
            Ok((rows, parked)) => {
                frozen.rows.extend(rows);
                frozen.parked += parked;
            }
            Err(error) => {
                run(&mut connection, format!("drop schema {schema} cascade")).await?;
                return Err(error);
            }
        }
    }
    let comment = format!("Ledgerdesk: read models as of position {position}; shows texts in the clear");
    run(&mut connection, format!("comment on schema {schema} is '{comment}'")).await?;
    run(&mut connection, format!("alter schema {schema} rename to \"{name}\"")).await?;
    connection.close().await?;
    Ok(frozen)
}

async fn exists(connection: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
}

/// Fills the tables of one model; gives their rows and how many events were set aside.
async fn fill_one(
    plan: Plan<'_>,
    connection: &mut PgConnection,
    progress: &Progress,
) -> anyhow::Result<(Vec<(&'static str, u64)>, u64)> {
    let rows = fill(plan, connection, progress).await?;
    let name = name_beside(plan.model, plan.schema);
    let parked: i64 = sqlx::query_scalar("select count(*) from read.parked where model = $1")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
    forget_parked(connection, &name).await?;
    for table in plan.model.table_names() {
        run(connection, format!("revoke all on {}.{table} from ledgerdesk_app", plan.schema)).await?;
    }
    Ok((rows, u64::try_from(parked).unwrap_or_default()))
}

/// The position of the last event at `at`.
async fn position(connection: &mut PgConnection, log: &PgLog, at: At) -> anyhow::Result<i64> {
    let head = log.head().await?;
    match at {
        At::Position(position) => {
            ensure!(position <= head, "the log ends at position {head}");
            ensure!(position >= 1, "positions begin at 1");
            Ok(position)
        }
        At::Time(time) => {
            // Times never decrease along the log.
            let (mut before, mut after) = (0, head + 1);
            while after - before > 1 {
                let middle = i64::midpoint(before, after);
                let recorded: DateTime<Utc> =
                    sqlx::query_scalar("select recorded_at from ledger.events where position = $1")
                        .bind(middle)
                        .fetch_one(&mut *connection)
                        .await?;
                if recorded <= time {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            if before == 0 {
                bail!("nothing had been recorded by {time}");
            }
            Ok(before)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_name_of_its_own() {
        let long = "a".repeat(49);
        for (text, expected) in [
            ("may_2026", None),
            ("a", None),
            ("", Some(NotACopyName::Malformed)),
            ("May", Some(NotACopyName::Malformed)),
            ("a-b", Some(NotACopyName::Malformed)),
            ("a\"b", Some(NotACopyName::Malformed)),
            ("1st", Some(NotACopyName::Malformed)),
            (&*long, Some(NotACopyName::Malformed)),
            ("read", Some(NotACopyName::Reserved)),
            ("read_previous_ticket_list", Some(NotACopyName::Reserved)),
            ("ledger", Some(NotACopyName::Reserved)),
            ("desk", Some(NotACopyName::Reserved)),
            ("public", Some(NotACopyName::Reserved)),
            ("pg_catalog", Some(NotACopyName::Reserved)),
            ("information_schema", Some(NotACopyName::Reserved)),
        ] {
            assert_eq!(text.parse::<CopyName>().err(), expected, "{text}");
        }
    }
}
