//! Building a read model again from the first event, beside the live one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sqlx::Connection as _;

use super::ReadModel;
use super::bulk::Plan;
use super::claim::Claim;
use super::compare::{Compared, compare_while_live};
use super::fill::{catch_up, fill};
use super::follower::Follower;
use super::progress::Progress;
use super::switch::{Incoming, destroyed_keys, switch};
use crate::background;
use crate::database::Database;
use crate::log::PgLog;

/// What a rebuild did.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// How many events it folded.
    pub events: i64,
    /// How long that took, all told.
    pub took: Duration,
    /// How long the bulk phase alone took: reading, folding, copying, indexing.
    pub bulk: Duration,
    /// How many rows each table had after the bulk phase; empty if there was none, as single events had to be
    /// set aside.
    pub rows: BTreeMap<&'static str, u64>,
    /// How each table compared with the live one at the same position; none if the live read model was too far
    /// behind to be waited for.
    pub compared: Option<Vec<Compared>>,
}

impl Rebuilt {
    /// How many events it folded per second, all told.
    #[must_use]
    pub fn events_per_second(&self) -> f64 {
        let events = u32::try_from(self.events).unwrap_or(u32::MAX);
        f64::from(events) / self.took.as_secs_f64().max(0.001)
    }
}

/// Builds `model` from the first event in a schema of its own, then puts it in the place of the live one in
/// one transaction. Reads are served throughout; the tables that were live are kept for a day.
///
/// # Errors
/// Somebody else is at it, the database cannot be reached, or its role may not create tables. The live tables
/// are as they were; what was built is cleared away by the next rebuild.
pub async fn rebuild(
    database: &Database,
    log: &PgLog,
    model: &ReadModel,
    progress: &Progress,
) -> anyhow::Result<Rebuilt> {
    Claim::take(database, model).await?.rebuild(log, progress).await
}

impl Claim {
    /// Builds the claimed read model again: see [`rebuild`].
    ///
    /// # Errors
    /// The database cannot be reached, or does not do what it should.
    pub async fn rebuild(mut self, log: &PgLog, progress: &Progress) -> anyhow::Result<Rebuilt> {
        let started = Instant::now();
        let (database, model) = (self.database.clone(), self.model.clone());
        let destroyed = Some(destroyed_keys(&mut self.connection).await?);
        log.learn_destroyed().await?;
        let schema = self.fresh_schema("rebuild").await?;
        let to = log.head().await?;
        let plan = Plan { database: &database, log, model: &model, schema: &schema, to, memory: self.memory };
        let mut beside = background::connect(&database).await?;
        // On the heap: these are large futures, and one is waited for after the other.
        let rows = Box::pin(fill(plan, &mut beside, progress)).await?.into_iter().collect();
        let bulk = started.elapsed();

        let mut follower = Follower::beside(&model, &schema, to);
        follower.load_parked(&mut beside).await?;
        catch_up(&mut beside, log, &mut follower, None, progress).await?;
        let compared = Box::pin(compare_while_live(&mut beside, plan, &mut follower, progress)).await?;
        beside.close().await?;
        for table in compared.iter().flatten().filter(|compared| !compared.equal) {
            tracing::warn!(
                table = table.table,
                live = table.live,
                rebuilt = table.rows,
                "Live and rebuilt differ"
            );
        }
        let (position, stored) = (follower.position, false);
        let incoming = Incoming { model: &model, schema: &schema, position, stored, destroyed };
        // Not in the background: others wait while it holds its locks.
        let events = switch(&mut self.connection, log, incoming, progress).await?;
        self.release().await?;
        Ok(Rebuilt { events, took: started.elapsed(), bulk, rows, compared })
    }
}
