//! Puts tables in the place of the live ones, in one transaction, and the live ones aside.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::ReadModel;
use super::claim::forget_parked;
use super::fill::{catch_up, follow};
use super::follower::{Follower, name_beside};
use super::previous;
use super::progress::{Phase, Progress};
use super::shape::run;
use crate::log::PgLog;

/// So long do readers wait at most behind a switch that waits for another reader; then it is tried again. It
/// is less than PostgreSQL takes to look for a deadlock.
const PATIENCE: &str = "set local lock_timeout = '500ms'";
const PAUSE: Duration = Duration::from_millis(250);
const TRIES: usize = 120;

/// A person's key was destroyed while their texts were being copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody was erased meanwhile and would be shown again: start once more")]
pub struct ErasedMeanwhile;

/// Tables that are to be the live ones.
pub(super) struct Incoming<'a> {
    pub(super) model: &'a ReadModel,
    /// Where they are.
    pub(super) schema: &'a str,
    /// Up to where they were filled.
    pub(super) position: i64,
    /// Whether their position is kept in `read.previous`.
    pub(super) stored: bool,
    /// How many keys had been destroyed when they were begun; none if it does not matter.
    pub(super) destroyed: Option<i64>,
}

/// How many persons' keys are destroyed.
pub(super) async fn destroyed_keys(connection: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from desk.subject_keys where wrapped is null")
        .fetch_one(connection)
        .await
}

/// Brings the tables up to date and switches; gives the position they then show.
pub(super) async fn switch(
    connection: &mut PgConnection,
    log: &PgLog,
    mut incoming: Incoming<'_>,
    progress: &Progress,
) -> anyhow::Result<i64> {
    for _ in 1..TRIES {
        match once(connection, log, &mut incoming, progress).await {
            Err(error) if is_in_use(&error) => tokio::time::sleep(PAUSE).await,
            switched => return switched,
        }
    }
    once(connection, log, &mut incoming, progress).await.map_err(|error| {
        if is_in_use(&error) { error.context("the live tables are in use all the time") } else { error }
    })
}

/// Whether somebody reads the live tables for long.
fn is_in_use(error: &anyhow::Error) -> bool {
    let code =
        error.chain().find_map(|cause| cause.downcast_ref::<sqlx::Error>()?.as_database_error()?.code());
    code.is_some_and(|code| matches!(&*code, "55P03" | "40P01"))
}

async fn once(
    connection: &mut PgConnection,
    log: &PgLog,
    incoming: &mut Incoming<'_>,
    progress: &Progress,
) -> anyhow::Result<i64> {
    let Incoming { model, schema, destroyed, .. } = *incoming;
    let stored = incoming.stored.then(|| model.name());
    let mut follower = Follower::beside(model, schema, incoming.position);
    follower.load_parked(connection).await?;
    catch_up(connection, log, &mut follower, stored, progress).await?;
    incoming.position = follower.position;

    progress.enter(Phase::Switching);
    let mut transaction = connection.begin().await?;
    transaction.execute(PATIENCE).await?;
    // From here on the live one stands still: whoever keeps it waits for the checkpoint's row.
    let live: i64 = sqlx::query_scalar("select position from read.checkpoints where model = $1 for update")
        .bind(model.name())
        .fetch_one(&mut *transaction)
        .await?;
    follow(&mut transaction, log, &mut follower, log.head().await?, stored, progress).await?;
    if let Some(before) = destroyed
        && destroyed_keys(&mut transaction).await? != before
    {
        return Err(ErasedMeanwhile.into());
    }
    exchange(&mut transaction, model, schema).await?;
    previous::note(&mut transaction, model, live).await?;
    sqlx::query(
        "update read.checkpoints
            set position = $2, lease_token = lease_token + 1, lease_owner = null, lease_until = '-infinity'
          where model = $1",
    )
    .bind(model.name())
    .bind(follower.position)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(follower.position)
}

/// The tables of `schema` become the live ones, the live ones become the previous ones, and so does what is
/// parked for them.
async fn exchange(connection: &mut PgConnection, model: &ReadModel, schema: &str) -> sqlx::Result<()> {
    let name = model.name();
    let (outgoing, previous) = (format!("read_outgoing_{name}"), previous::schema(model));
    run(connection, format!("create schema {outgoing}")).await?;
    run(connection, format!("grant usage on schema {outgoing} to ledgerdesk_app")).await?;
    for table in model.table_names() {
        run(connection, format!("alter table read.{table} set schema {outgoing}")).await?;
        run(connection, format!("alter table {schema}.{table} set schema read")).await?;
    }
    run(connection, format!("drop schema {schema}")).await?;
    run(connection, format!("drop schema if exists {previous} cascade")).await?;
    run(connection, format!("alter schema {outgoing} rename to {previous}")).await?;
    let (incoming, previous) = (name_beside(model, schema), name_beside(model, &previous));
    rename_parked(connection, name, &outgoing).await?;
    rename_parked(connection, &incoming, name).await?;
    forget_parked(connection, &previous).await?;
    rename_parked(connection, &outgoing, &previous).await
}

async fn rename_parked(connection: &mut PgConnection, from: &str, to: &str) -> sqlx::Result<()> {
    sqlx::query("update read.parked set model = $2 where model = $1")
        .bind(from)
        .bind(to)
        .execute(connection)
        .await
        .map(|_| ())
}
