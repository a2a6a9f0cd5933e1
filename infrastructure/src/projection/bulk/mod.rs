//! The bulk phase: a read model folded in memory from the first event and copied into fresh tables.
//!
//! The log is read by COPY in order of position. Two workers open and fold it, each the events of its own share
//! of tickets and users, and their rows are copied into tables that get their indexes at the end. Rows that no
//! later event changes go straight into COPY. What is held in memory is bounded: a worker whose rows grow beyond
//! its budget leaves half of its share for another pass over the log.

mod decode;
mod load;
mod read;
mod rows;
mod span;
mod worker;

use std::sync::Arc;

use sqlx::{Connection as _, PgConnection};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::decode::Malformed;
use self::load::{Loader, Part};
pub(super) use self::rows::Bulk;
use self::rows::Counted;
pub(super) use self::rows::Rows;
use self::span::Span;
use self::worker::{Parked, Worker};
use super::cells::put_cell;
use super::progress::Progress;
use super::shape::{Shape, run};
use super::{ReadModel, TableOf};
use crate::background;
use crate::database::{Database, is_unreachable};
use crate::keys::bulk::BulkOpener;
use crate::log::PgLog;

/// How many bytes of rows are sent to the server at a time.
const CHUNK: usize = 128 << 10;
/// How many workers share the tickets and users.
const WORKERS: usize = 2;
/// How many batches wait for each worker at most.
const WAITING: usize = 4;

/// What the bulk phase built.
#[derive(Debug)]
pub(super) struct Built {
    /// How many rows each table has.
    pub(super) rows: Vec<(&'static str, u64)>,
    /// What was set aside, in order of position.
    pub(super) parked: Vec<Parked>,
}

/// Why the bulk phase ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// A read model refused an event, and what was before it is lost.
    #[error("an event was refused")]
    Refused,
    /// The rows are not what the table may hold: one of them has to be found and set aside.
    #[error("the table refuses a row")]
    Unfit(#[source] sqlx::Error),
    /// The other end of a channel is gone; it says why.
    #[error("the bulk phase was given up")]
    Abandoned,
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        match code {
            // Data exceptions and violated constraints.
            Some(code) if code.starts_with("22") || code.starts_with("23") => Self::Unfit(error),
            _ if is_unreachable(&error) => {
                Self::Failed(anyhow::Error::new(error).context("the database cannot be reached"))
            }
            _ => Self::Failed(error.into()),
        }
    }
}

impl From<Malformed> for Stop {
    fn from(error: Malformed) -> Self {
        Self::Failed(error.into())
    }
}

/// What is built, from what, to where.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) database: &'a Database,
    pub(super) log: &'a PgLog,
    pub(super) model: &'a ReadModel,
    /// The schema for the tables, which is there and empty.
    pub(super) schema: &'a str,
    /// The position up to which events are folded.
    pub(super) to: i64,
    /// How many bytes the rows may take that are held.
    pub(super) memory: usize,
}

/// Builds the tables of a read model.
///
/// # Errors
/// [`Stop::Unfit`] if only single statements can tell which event is to be set aside; anything that prevents
/// building. Nothing is left in the schema then.
pub(super) async fn build(
    plan: Plan<'_>,
    connection: &mut PgConnection,
    progress: &Progress,
) -> Result<Built, Stop> {
    match attempt(plan, connection, progress, false).await {
        // With a copy of each row before each event, a refusal undoes nothing but itself.
        Err(Stop::Refused) => attempt(plan, connection, progress, true).await,
        built => built,
    }
}

/// Makes the tables empty, with everything that belongs to them.
pub(super) async fn build_empty(plan: Plan<'_>, connection: &mut PgConnection) -> Result<(), Stop> {
    for loader in loaders(plan, connection).await? {
        loader.finish().await?;
    }
    Ok(())
}

async fn attempt(
    plan: Plan<'_>,
    connection: &mut PgConnection,
    progress: &Progress,
    careful: bool,
) -> Result<Built, Stop> {
    let loaders = loaders(plan, connection).await?;
    let built = match fold(plan, &loaders, progress, careful).await {
        Ok(workers) => finish(plan, workers, loaders, progress).await,
        Err(stop) => {
            let given_up = futures::future::join_all(loaders.into_iter().map(Loader::abandon)).await;
            // Whoever only lost the other end does not know why.
            let known = given_up.into_iter().flatten().next();
            Err(known.filter(|_| matches!(stop, Stop::Abandoned)).unwrap_or(stop))
        }
    };
    if built.is_err() {
        for table in plan.model.table_names() {
            // If this fails as well, the next rebuild clears away what is left.
            let _ = run(connection, format!("drop table if exists {}.{table}", plan.schema)).await;
        }
    }
    built
}

async fn loaders(plan: Plan<'_>, connection: &mut PgConnection) -> Result<Vec<Loader>, Stop> {
    let mut loaders = Vec::new();
    for table in plan.model.table_names() {
        let shape = Shape::read(connection, "read", table).await?;
        loaders.push(Loader::start(plan, table, shape));
    }
    Ok(loaders)
}

/// Passes over the log until every worker has taken its whole share.
async fn fold(
    plan: Plan<'_>,
    loaders: &[Loader],
    progress: &Progress,
    careful: bool,
) -> Result<Vec<Worker>, Stop> {
    let mut connection = background::connect(plan.database).await?;
    let mut workers = workers(plan, loaders, careful);
    while workers.iter().any(|worker| !worker.spans.is_empty()) {
        progress.pass(plan.to);
        let (mut senders, mut passes) = (Vec::new(), JoinSet::new());
        for worker in workers {
            let (sender, batches) = mpsc::channel::<Arc<decode::Batch>>(WAITING);
            senders.push(sender);
            passes.spawn(background::run(move || worker.pass(batches)));
        }
        let read = read::send_batches(&mut connection, plan.to, senders, progress).await;
        let mut back = Vec::new();
        while let Some(passed) = passes.join_next().await {
            let worker = passed.map_err(|error| Stop::Failed(error.into()))?;
            back.push(worker.map_err(|panicked| Stop::Failed(panicked.into()))?);
        }
        read?;
        workers = told(back)?;
    }
    connection.close().await?;
    Ok(workers)
}

/// The workers; or why one of them stopped, told by the one that knows.
fn told(back: Vec<Result<Worker, Stop>>) -> Result<Vec<Worker>, Stop> {
    let (mut workers, mut stopped) = (Vec::new(), None);
    for worker in back {
        match worker {
            Ok(worker) => workers.push(worker),
            Err(stop) if matches!(stopped, None | Some(Stop::Abandoned)) => stopped = Some(stop),
            Err(_) => {}
        }
    }
    stopped.map_or(Ok(workers), Err)
}

fn workers(plan: Plan<'_>, loaders: &[Loader], careful: bool) -> Vec<Worker> {
    let tables = &plan.model.tables;
    // Rows that several tickets or users have a part in can only be folded by one, in one pass.
    let count = if tables.iter().all(|table| table.own_rows) { WORKERS } else { 1 };
    let sink = |table: &TableOf| {
        let loader = loaders.iter().find(|loader| loader.table == table.name);
        loader.expect("every table has a loader").parts.clone()
    };
    let worker = |number| {
        let rows = tables.iter().map(|table| (table.bulk)(careful)).collect();
        let opener = BulkOpener::new(Arc::clone(plan.log.keys()), plan.model.texts_of());
        let budget = (count > 1).then_some(plan.memory / WORKERS);
        let sinks = tables.iter().map(sink).collect();
        Worker::new(number, rows, sinks, opener, Span::share(number, count), budget)
    };
    (0..count).map(worker).collect()
}

/// Copies the counters and waits for the server to finish all tables.
async fn finish(
    plan: Plan<'_>,
    mut workers: Vec<Worker>,
    loaders: Vec<Loader>,
    progress: &Progress,
) -> Result<Built, Stop> {
    progress.index();
    let mut counted: Vec<Counted> = plan.model.tables.iter().map(|_| Counted::new()).collect();
    for worker in &mut workers {
        for (sum, part) in counted.iter_mut().zip(worker.counted()) {
            for (cell, n) in part {
                *sum.entry(cell).or_default() += n;
            }
        }
    }
    for (table, counted) in plan.model.tables.iter().zip(counted) {
        let loader = loaders.iter().find(|loader| Some(loader.table) == table.counters);
        if let Some(loader) = loader.filter(|_| !counted.is_empty()) {
            let rows = encode_counters(counted);
            loader.parts.send(Part::Rows(rows)).await.map_err(|_| Stop::Abandoned)?;
        }
    }
    let mut parked: Vec<Parked> = workers.into_iter().flat_map(|worker| worker.parked).collect();
    parked.sort_by_key(|parked| parked.position);
    let tables: Vec<&'static str> = loaders.iter().map(|loader| loader.table).collect();
    let rows = futures::future::join_all(loaders.into_iter().map(Loader::finish)).await;
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Built { rows: tables.into_iter().zip(rows).collect(), parked })
}

fn encode_counters(counted: Counted) -> Vec<u8> {
    let mut rows = Vec::new();
    for (cell, n) in counted.into_iter().filter(|(_, n)| *n != 0) {
        let columns = i16::try_from(cell.len() + 1).expect("a few columns");
        rows.extend_from_slice(&columns.to_be_bytes());
        for word in &cell {
            put_cell(&mut rows, Some(word.as_bytes()));
        }
        put_cell(&mut rows, Some(&n.to_be_bytes()));
    }
    rows
}
