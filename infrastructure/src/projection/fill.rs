//! Tables of a read model filled from the first event, and brought further from there.

use sqlx::{Acquire as _, Executor as _, PgConnection};
use uuid::Uuid;

use super::bulk::{self, Built, Plan, Stop};
use super::claim::forget_parked;
use super::feed::{self, Next};
use super::follower::{Follower, Trouble, name_beside};
use super::progress::{Phase, Progress};
use crate::log::PgLog;

/// How many events are taken at a time.
const BATCH: usize = 20_000;
/// Tables are found by their keys, however few rows they had when the statements were planned.
const FOLLOWING: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
    set enable_hashjoin = off; set enable_mergejoin = off";
const AS_USUAL: &str =
    "reset plan_cache_mode; reset enable_seqscan; reset enable_hashjoin; reset enable_mergejoin";

/// Fills the tables of `plan`; gives how many rows each has, where that is known.
pub(super) async fn fill(
    plan: Plan<'_>,
    connection: &mut PgConnection,
    progress: &Progress,
) -> anyhow::Result<Vec<(&'static str, u64)>> {
    match bulk::build(plan, connection, progress).await {
        Ok(Built { rows, parked }) => {
            let name = name_beside(plan.model, plan.schema);
            let entities: Vec<Uuid> = parked.iter().map(|parked| parked.entity).collect();
            let positions: Vec<i64> = parked.iter().map(|parked| parked.position).collect();
            let errors: Vec<String> = parked.into_iter().map(|parked| parked.error).collect();
            forget_parked(connection, &name).await?;
            sqlx::query(
                "insert into read.parked (model, entity, position, error)
                 select $1, p.* from unnest($2::uuid[], $3::bigint[], $4::text[]) p",
            )
            .bind(name)
            .bind(entities)
            .bind(positions)
            .bind(errors)
            .execute(connection)
            .await?;
            Ok(rows)
        }
        Err(Stop::Unfit(error)) => {
            // Which event is at fault is only found by taking them one by one.
            tracing::warn!(%error, model = plan.model.name(), "A row does not fit: building by small steps");
            bulk::build_empty(plan, connection).await?;
            forget_parked(connection, &name_beside(plan.model, plan.schema)).await?;
            let mut follower = Follower::beside(plan.model, plan.schema, 0);
            follow(connection, plan.log, &mut follower, plan.to, None, progress).await?;
            Ok(Vec::new())
        }
        Err(stop) => Err(anyhow::Error::new(stop)),
    }
}

/// Takes the events up to `to`; with `stored` the position is kept in `read.previous` under that name.
pub(super) async fn follow(
    connection: &mut PgConnection,
    log: &PgLog,
    follower: &mut Follower,
    to: i64,
    stored: Option<&str>,
    progress: &Progress,
) -> anyhow::Result<()> {
    connection.execute(FOLLOWING).await?;
    while follower.position < to {
        let mut events = feed::after(log, follower.position, BATCH, &follower.texts_of).await?;
        events.retain(|event| event.position <= to);
        let Some(last) = events.last().map(|event| event.position) else { break };
        match apply(connection, follower, &events, stored).await {
            Err(Trouble::Poison(_)) => one_by_one(connection, follower, &events, stored).await?,
            applied => applied?,
        }
        progress.folded(last);
    }
    connection.execute(AS_USUAL).await?;
    Ok(())
}

/// Takes events until few are left; gives up after as many rounds as only a flood can make.
pub(super) async fn catch_up(
    connection: &mut PgConnection,
    log: &PgLog,
    follower: &mut Follower,
    stored: Option<&str>,
    progress: &Progress,
) -> anyhow::Result<()> {
    const FEW: i64 = 500;
    const ROUNDS: usize = 1_000;
    progress.enter(Phase::CatchingUp);
    for _ in 0..ROUNDS {
        let head = log.head().await?;
        if head - follower.position <= FEW {
            break;
        }
        follow(connection, log, follower, head, stored, progress).await?;
    }
    Ok(())
}

/// Applies `events` whole or not at all.
async fn apply(
    connection: &mut PgConnection,
    follower: &mut Follower,
    events: &[Next],
    stored: Option<&str>,
) -> Result<(), Trouble> {
    let to = events.last().map_or(follower.position, |event| event.position);
    let mut transaction = connection.begin().await?;
    if let Err(trouble) = follower.apply(&mut transaction, events).await {
        transaction.rollback().await?;
        follower.forget();
        return Err(trouble);
    }
    store(&mut transaction, stored, to).await?;
    transaction.commit().await?;
    follower.committed(to);
    Ok(())
}

/// Applies events one at a time and parks those that are refused, as the live read model would.
async fn one_by_one(
    connection: &mut PgConnection,
    follower: &mut Follower,
    events: &[Next],
    stored: Option<&str>,
) -> Result<(), Trouble> {
    for event in events {
        let Err(trouble) = apply(connection, follower, std::slice::from_ref(event), stored).await else {
            continue;
        };
        let Trouble::Poison(error) = trouble else { return Err(trouble) };
        let mut transaction = connection.begin().await?;
        follower.park(&mut transaction, event, &error).await?;
        store(&mut transaction, stored, event.position).await?;
        transaction.commit().await?;
        follower.committed(event.position);
    }
    Ok(())
}

async fn store(connection: &mut PgConnection, stored: Option<&str>, position: i64) -> sqlx::Result<()> {
    let Some(model) = stored else { return Ok(()) };
    sqlx::query("update read.previous set position = $2 where model = $1")
        .bind(model)
        .bind(position)
        .execute(connection)
        .await
        .map(|_| ())
}
