//! Fills a fresh table by COPY, then gives it its indexes: one connection and one transaction for each table.

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::shape::{Shape, run};
use super::{Plan, Stop};
use crate::background;
use crate::database::Database;

/// How many chunks wait for the server at most.
const WAITING: usize = 4;
/// The beginning of COPY's binary form: signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Its end.
const TRAILER: &[u8] = &[0xff, 0xff];

/// Statistics of few rows will do until autovacuum takes more: sorting long texts of many takes longer than
/// building all indexes.
const SETTINGS: &str = "set maintenance_work_mem = '128MB'; set default_statistics_target = 10";

/// Where people are at work, rows go to the disk as they are copied: the next commit would wait for what piles up, as
/// Linux's file systems write what belongs together. It takes a little longer, so an idle desk is spared it.
const GENTLY: &str = "set backend_flush_after = '256kB'";

/// What comes next for a table.
pub(super) enum Part {
    /// Rows.
    Rows(Vec<u8>),
    /// Nothing: these were all.
    End,
}

/// A table on its way into the database.
pub(super) struct Loader {
    pub(super) table: &'static str,
    pub(super) parts: mpsc::Sender<Part>,
    task: JoinHandle<Result<u64, Stop>>,
}

impl Loader {
    /// Will make the table of `shape` when its first rows come.
    pub(super) fn start(plan: Plan<'_>, table: &'static str, shape: Shape) -> Self {
        let (parts, coming) = mpsc::channel(WAITING);
        let (database, schema) = (plan.database.clone(), plan.schema.to_owned());
        let task = tokio::spawn(load(database, table, shape, schema, plan.to, coming));
        Self { table, parts, task }
    }

    /// Waits until the table is there; gives how many rows it has.
    pub(super) async fn finish(self) -> Result<u64, Stop> {
        let _ = self.parts.send(Part::End).await; // if it failed, it says so below
        self.task.await.map_err(|error| Stop::Failed(error.into()))?
    }

    /// Gives the table up; gives why it had failed already, if it had.
    pub(super) async fn abandon(self) -> Option<Stop> {
        drop(self.parts);
        self.task.await.ok()?.err().filter(|stop| !matches!(stop, Stop::Abandoned))
    }
}

async fn load(
    database: Database,
    table: &'static str,
    shape: Shape,
    schema: String,
    to: i64,
    mut parts: mpsc::Receiver<Part>,
) -> Result<u64, Stop> {
    // The transaction begins with the first rows, so that it is short where they come at the end.
    let Some(mut part) = parts.recv().await else { return Err(Stop::Abandoned) };
    let mut connection = background::connect(&database).await?;
    connection.execute(SETTINGS).await?;
    if has_gone_on(&mut connection, to).await? {
        connection.execute(GENTLY).await?;
    }
    let mut transaction = connection.begin().await?;
    run(&mut transaction, shape.create(&schema)).await?;
    // Rows of a table made in the same transaction can be frozen at once, and are never written again.
    let copy = format!("copy {schema}.{table} from stdin (format binary, freeze)");
    let mut copying = transaction.copy_in_raw(&copy).await?;
    copying.send(HEADER).await?;
    while let Part::Rows(rows) = part {
        copying.send(rows).await?;
        let Some(next) = parts.recv().await else {
            copying.abort("the bulk phase was given up").await?;
            return Err(Stop::Abandoned);
        };
        part = next;
    }
    copying.send(TRAILER).await?;
    let rows = copying.finish().await?;
    complete(&mut transaction, &shape, &schema, table).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(rows)
}

/// Whether the log has gone on since it was decided to fold it up to `to`.
async fn has_gone_on(connection: &mut PgConnection, to: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from ledger.blocks where last_position > $1)")
        .bind(to)
        .fetch_one(connection)
        .await
}

/// Indexes, constraints, statistics, and the right of the service to work on it.
async fn complete(
    connection: &mut PgConnection,
    shape: &Shape,
    schema: &str,
    table: &str,
) -> sqlx::Result<()> {
    for statement in shape.complete(schema) {
        run(connection, statement).await?;
    }
    let rights = "select, insert, update, delete";
    run(connection, format!("grant {rights} on {schema}.{table} to ledgerdesk_app")).await?;
    run(connection, format!("analyze {schema}.{table}")).await
}
