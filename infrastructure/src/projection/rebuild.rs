//! Building a read model again from the first event, beside the live one.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::ReadModel;
use super::feed::{self, Next};
use super::follower::{Follower, Trouble};
use crate::database::{Database, Purpose};
use crate::log::PgLog;

const BATCH: usize = 5_000;

/// Somebody was erased while a read model was built from what had been opened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody was erased while {0} was built, and it shows their texts: build it again")]
pub struct ErasedMeanwhile(&'static str);

/// What a rebuild did.
#[derive(Debug, Clone, Copy)]
pub struct Rebuilt {
    /// How many events it folded.
    pub events: i64,
    /// How long that took.
    pub took: Duration,
}

/// Builds `model` from the first event in a schema of its own, then puts it in the place of the live one in
/// one transaction. Reads are served throughout. `progress` hears how many events are folded, of how many.
///
/// # Errors
/// The database cannot be reached, or its role may not create tables; [`ErasedMeanwhile`].
pub async fn rebuild(
    database: &Database,
    log: &PgLog,
    model: &ReadModel,
    mut progress: impl FnMut(i64, i64),
) -> anyhow::Result<Rebuilt> {
    let started = Instant::now();
    let mut connection = database.connect(Purpose::Owner).await.context("the database cannot be reached")?;
    let erased = erased(&mut connection).await?;
    log.learn_destroyed().await?;
    let schema = fresh_schema(&mut connection, model, "rebuild").await?;
    let mut follower = Follower::rebuilding(model, &schema);
    forget_parked(&mut connection, &follower.name).await?;
    fold(&mut connection, log, &mut follower, log.head().await?, &mut progress).await?;

    // From here on the live one stands still: whoever keeps it waits for the checkpoint's row.
    let mut swap = connection.begin().await?;
    sqlx::query("select from read.checkpoints where model = $1 for update")
        .bind(model.name())
        .execute(&mut *swap)
        .await?;
    if self::erased(&mut swap).await? != erased {
        drop(swap);
        run(&mut connection, format!("drop schema {schema} cascade")).await?;
        bail!(ErasedMeanwhile(model.name()));
    }
    fold(&mut swap, log, &mut follower, log.head().await?, &mut progress).await?;
    for table in model.table_names() {
        run(&mut swap, format!("drop table read.{table}")).await?;
        run(&mut swap, format!("alter table {schema}.{table} set schema read")).await?;
    }
    run(&mut swap, format!("drop schema {schema}")).await?;
    forget_parked(&mut swap, model.name()).await?;
    sqlx::query("update read.parked set model = $1 where model = $2")
        .bind(model.name())
        .bind(&follower.name)
        .execute(&mut *swap)
        .await?;
    sqlx::query(
        "update read.checkpoints
            set position = $2, lease_token = lease_token + 1, lease_owner = null, lease_until = '-infinity'
          where model = $1",
    )
    .bind(model.name())
    .bind(follower.position)
    .execute(&mut *swap)
    .await?;
    swap.commit().await?;
    connection.close().await?;
    Ok(Rebuilt { events: follower.position, took: started.elapsed() })
}

/// How many rows of each table of `model` differ from a fold of the log up to the live one's position.
///
/// # Errors
/// The database cannot be reached, or its role may not create tables.
pub async fn differences(
    database: &Database,
    log: &PgLog,
    model: &ReadModel,
) -> anyhow::Result<Vec<(&'static str, i64)>> {
    let mut connection = database.connect(Purpose::Owner).await?;
    let erased = erased(&mut connection).await?;
    log.learn_destroyed().await?;
    let schema = fresh_schema(&mut connection, model, "verify").await?;
    let mut follower = Follower::rebuilding(model, &schema);
    fold(&mut connection, log, &mut follower, log.head().await?, &mut |_, _| ()).await?;
    let mut still = connection.begin().await?;
    let position: i64 =
        sqlx::query_scalar("select position from read.checkpoints where model = $1 for update")
            .bind(model.name())
            .fetch_one(&mut *still)
            .await?;
    fold(&mut still, log, &mut follower, position, &mut |_, _| ()).await?;
    ensure!(follower.position == position, "{} is behind the log; try again when it is idle", model.name());
    ensure!(self::erased(&mut still).await? == erased, "somebody was erased meanwhile; try again");
    let mut found = Vec::new();
    for table in model.table_names() {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "select count(*) from ((table read.{table} except table {schema}.{table})
                                   union all (table {schema}.{table} except table read.{table})) d"
        )))
        .fetch_one(&mut *still)
        .await?;
        found.push((table, count));
    }
    still.rollback().await?;
    forget_parked(&mut connection, &follower.name).await?;
    run(&mut connection, format!("drop schema {schema} cascade")).await?;
    connection.close().await?;
    Ok(found)
}

/// A schema with empty tables like the live ones.
async fn fresh_schema(
    connection: &mut PgConnection,
    model: &ReadModel,
    purpose: &str,
) -> anyhow::Result<String> {
    let schema = format!("read_{purpose}_{}", model.name());
    alone_in(connection, &schema).await?;
    run(connection, format!("drop schema if exists {schema} cascade")).await?;
    run(connection, format!("create schema {schema}"))
        .await
        .context("building a read model needs the role that owns the database")?;
    run(connection, format!("grant usage on schema {schema} to ledgerdesk_app")).await?;
    for table in model.table_names() {
        run(connection, format!("create table {schema}.{table} (like read.{table} including all)")).await?;
        let grant = format!("grant select, insert, update, delete on {schema}.{table} to ledgerdesk_app");
        run(connection, grant).await?;
    }
    Ok(schema)
}

/// Waits until nobody else works in `schema`; from then on until `connection` is closed nobody else does.
pub(crate) async fn alone_in(connection: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    let lock = sqlx::query("select pg_advisory_lock(7302, hashtext($1))");
    lock.bind(schema).execute(connection).await.map(|_| ())
}

/// Folds everything up to `to` into the follower's tables.
async fn fold(
    connection: &mut PgConnection,
    log: &PgLog,
    follower: &mut Follower,
    to: i64,
    progress: &mut impl FnMut(i64, i64),
) -> anyhow::Result<()> {
    while follower.position < to {
        let mut events = feed::after(log, follower.position, BATCH).await?;
        events.retain(|event| event.position <= to);
        let Some(last) = events.last().map(|event| event.position) else { break };
        match apply(connection, follower, &events).await {
            Err(Trouble::Poison(_)) => one_by_one(connection, follower, &events).await?,
            applied => applied?,
        }
        progress(last, to);
    }
    Ok(())
}

/// Applies `events` whole or not at all.
async fn apply(
    connection: &mut PgConnection,
    follower: &mut Follower,
    events: &[Next],
) -> Result<(), Trouble> {
    let mut transaction = connection.begin().await?;
    if let Err(trouble) = follower.apply(&mut transaction, events).await {
        transaction.rollback().await?;
        follower.forget();
        return Err(trouble);
    }
    transaction.commit().await?;
    follower.committed(events.last().map_or(follower.position, |event| event.position));
    Ok(())
}

/// Applies events one at a time and parks those that are refused, as the live read model would.
async fn one_by_one(
    connection: &mut PgConnection,
    follower: &mut Follower,
    events: &[Next],
) -> Result<(), Trouble> {
    for event in events {
        if let Err(Trouble::Poison(error)) = apply(connection, follower, std::slice::from_ref(event)).await {
            follower.park(connection, event, &error).await?;
            follower.committed(event.position);
        }
    }
    Ok(())
}

/// How many people were erased. As long as it stays the same, nothing that was opened since shows too much.
async fn erased(connection: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from desk.subject_keys where destroyed_at is not null")
        .fetch_one(connection)
        .await
}

async fn forget_parked(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query("delete from read.parked where model = $1").bind(name).execute(connection).await.map(|_| ())
}

async fn run(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.map(|_| ())
}
