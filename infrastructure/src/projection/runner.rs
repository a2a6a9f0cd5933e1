//! Keeps the read models up with the log: one reader, one transaction for all that are level.
//!
//! Woken by the end of the log moving, never by a timer. Of several processes the one that holds a read
//! model's lease keeps it; every checkpoint moves under the lease's token, so a process that lost it while it
//! slept moves nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Acquire as _, PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ReadModel;
use super::ahead::Ahead;
use super::feed::{self, Next};
use super::follower::{Follower, Trouble};
use crate::database::{Database, Purpose};
use crate::lease::{Held, READ_MODELS, RENEW};
use crate::log::PgLog;

/// How many events are taken at a time.
const BATCH: usize = 20_000;
const RETRY: Duration = Duration::from_millis(200);
/// How often somebody who waits asks how far another process is.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// What readers may rely on to be visible.
#[derive(Clone)]
pub struct Visible {
    position: Arc<watch::Sender<i64>>,
    /// Whether this process keeps all read models and so knows by itself how far they are.
    keeps_all: Arc<AtomicBool>,
    /// Whose turn it is to ask the process that does.
    turn: Arc<tokio::sync::Mutex<()>>,
    pool: PgPool,
}

impl Visible {
    /// Waits until every read model shows everything up to `position`; false if that takes too long.
    pub async fn wait(&self, position: i64, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.reached(position)).await.is_ok()
    }

    /// Up to where every read model shows everything.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn position(&self) -> sqlx::Result<i64> {
        if self.keeps_all.load(Ordering::Relaxed) {
            return Ok(*self.position.borrow());
        }
        let reached: Option<i64> =
            sqlx::query_scalar("select min(position) from read.checkpoints").fetch_one(&self.pool).await?;
        Ok(reached.unwrap_or_default())
    }

    async fn reached(&self, position: i64) {
        let mut visible = self.position.subscribe();
        loop {
            if *visible.borrow_and_update() >= position {
                return;
            }
            if self.keeps_all.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(RENEW, visible.changed()).await;
                continue;
            }
            // Another process keeps them: asked only while somebody waits, and by one for all who do.
            tokio::select! {
                _ = visible.changed() => {}
                _turn = self.turn.lock() => self.ask().await,
            }
        }
    }

    async fn ask(&self) {
        let asked = sqlx::query_scalar::<_, Option<i64>>("select min(position) from read.checkpoints");
        if let Ok(Some(reached)) = asked.fetch_one(&self.pool).await {
            self.position.send_if_modified(|visible| {
                let newer = reached > *visible;
                *visible = reached.max(*visible);
                newer
            });
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Keeps read models up with the log.
pub struct Runner {
    log: Arc<PgLog>,
    database: Database,
    models: Vec<ReadModel>,
    /// The types of the events whose texts one of them shows.
    texts_of: Arc<[&'static str]>,
    me: Uuid,
    visible: Visible,
}

impl Runner {
    /// A runner for `models`.
    #[must_use]
    pub fn new(log: Arc<PgLog>, database: Database, models: Vec<ReadModel>) -> Self {
        let visible = Visible {
            position: Arc::new(watch::Sender::new(0)),
            keeps_all: Arc::default(),
            turn: Arc::default(),
            pool: database.pool().clone(),
        };
        let texts_of: BTreeSet<&str> = models.iter().flat_map(|model| model.texts_of().to_vec()).collect();
        let texts_of = texts_of.into_iter().collect();
        Self { log, database, models, texts_of, me: Uuid::now_v7(), visible }
    }

    /// What readers may rely on.
    #[must_use]
    pub fn visible(&self) -> Visible {
        self.visible.clone()
    }

    /// Runs until `stop`, whatever happens to the database meanwhile.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                ended = self.session() => ended,
            };
            self.keeps(0);
            if let Err(error) = ended {
                tracing::warn!(error = %error, "The read models wait for the database");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
        if let Ok(mut connection) = self.database.connect(Purpose::Projection).await {
            let _ = READ_MODELS.give_back(&mut connection, self.me, &self.names()).await;
        }
    }

    /// Follows the log over one connection until it breaks or a lease is lost.
    async fn session(&self) -> sqlx::Result<()> {
        let mut connection = self.database.connect(Purpose::Projection).await?;
        let mut head = self.log.watch_head();
        let mut followers: Vec<Follower> = Vec::new();
        let mut ahead = Ahead::default();
        let (mut renewed, mut is_fenced) = (Instant::now(), false);
        loop {
            if followers.len() < self.models.len() || is_fenced || renewed.elapsed() > RENEW {
                if self.lease(&mut connection, &mut followers).await? {
                    // What was read before may hold a text of somebody who was erased since.
                    ahead = Ahead::default();
                }
                (renewed, is_fenced) = (Instant::now(), false);
            }
            let seen = *head.borrow_and_update();
            let positions = || followers.iter().map(|follower| follower.position);
            let (Some(least), Some(most)) = (positions().min(), positions().max()) else {
                tokio::time::sleep(RENEW).await;
                continue;
            };
            if least == seen {
                let _ = tokio::time::timeout(RENEW, head.changed()).await;
                continue;
            }
            // One that has far to go does not hold up those that are nearly there.
            if least < most && most < seen {
                let events = feed::after(&self.log, most, BATCH, &self.texts_of).await?;
                is_fenced |= self.advance(&mut connection, &mut followers, most, events).await?;
            }
            let events = ahead.take(&self.log, least, BATCH, &self.texts_of).await?;
            is_fenced |= self.advance(&mut connection, &mut followers, least, events).await?;
            self.publish(&followers, seen);
        }
    }

    /// Takes the leases that are free and renews one's own; drops what another process took. Tells whether there is one more.
    async fn lease(
        &self,
        connection: &mut PgConnection,
        followers: &mut Vec<Follower>,
    ) -> sqlx::Result<bool> {
        let held = READ_MODELS.take(&mut *connection, self.me, &self.names()).await?;
        followers.retain(|follower| held.contains(&follower.held()));
        let is_more = held.len() > followers.len();
        if is_more {
            // Whoever erased somebody took the leases away: what is folded from here on knows of it.
            self.log.learn_destroyed().await?;
        }
        for Held { name, token, position } in held {
            let known = followers.iter().any(|follower| follower.name == name);
            if let (false, Some(model)) = (known, self.models.iter().find(|model| model.name() == name)) {
                let mut follower = Follower::new(model, "read", position, token);
                follower.load_parked(connection).await?;
                followers.push(follower);
            }
        }
        self.keeps(followers.len());
        if let Some(least) = followers.iter().map(|follower| follower.position).min() {
            self.publish(followers, least);
        }
        Ok(is_more)
    }

    /// Applies the next events to the read models that stand at `position`. Tells whether a lease was lost: who lost it is found
    /// out by its position.
    async fn advance(
        &self,
        connection: &mut PgConnection,
        followers: &mut [Follower],
        position: i64,
        mut events: Vec<Next>,
    ) -> sqlx::Result<bool> {
        let further = followers.iter().map(|follower| follower.position).filter(|other| *other > position);
        if let Some(next) = further.min() {
            events.retain(|event| event.position <= next);
        }
        let mut level: Vec<&mut Follower> =
            followers.iter_mut().filter(|follower| follower.position == position).collect();
        match apply(connection, self.me, &mut level, &events).await {
            Ok(()) => return Ok(false),
            Err(Trouble::Unreachable(error)) => return Err(error),
            Err(Trouble::Fenced) => {}
            Err(Trouble::Poison(error)) => {
                tracing::warn!(%error, "A read model refuses an event; taking them one by one");
                for follower in &mut level {
                    match one_by_one(connection, self.me, follower, &events).await {
                        Ok(()) | Err(Trouble::Fenced) => {}
                        Err(Trouble::Unreachable(error)) => return Err(error),
                        Err(Trouble::Poison(error)) => return Err(sqlx::Error::Protocol(error)),
                    }
                }
            }
        }
        Ok(true)
    }

    /// This process keeps so many of the read models from now on.
    fn keeps(&self, models: usize) {
        self.visible.keeps_all.store(models == self.models.len(), Ordering::Relaxed);
        metrics::gauge!("ledgerdesk_projections_kept").set(u32::try_from(models).map_or(0.0, f64::from));
    }

    fn names(&self) -> Vec<&str> {
        self.models.iter().map(ReadModel::name).collect()
    }

    fn publish(&self, followers: &[Follower], head: i64) {
        for follower in followers {
            let lag = u32::try_from(head - follower.position).unwrap_or_default();
            metrics::gauge!("ledgerdesk_projection_lag_events", "model" => follower.name.clone())
                .set(f64::from(lag));
        }
        if followers.len() == self.models.len()
            && let Some(least) = followers.iter().map(|follower| follower.position).min()
        {
            self.visible.position.send_if_modified(|visible| std::mem::replace(visible, least) != least);
        }
    }
}

/// Applies `events` to all of `followers` in one transaction, or to none of them.
async fn apply(
    connection: &mut PgConnection,
    me: Uuid,
    followers: &mut [&mut Follower],
    events: &[Next],
) -> Result<(), Trouble> {
    let Some(to) = events.last().map(|event| event.position) else { return Ok(()) };
    let outcome = transact(connection, me, followers, events, to).await;
    for follower in followers {
        if outcome.is_ok() {
            follower.committed(to);
        } else {
            follower.forget();
        }
    }
    outcome
}

async fn transact(
    connection: &mut PgConnection,
    me: Uuid,
    followers: &mut [&mut Follower],
    events: &[Next],
    to: i64,
) -> Result<(), Trouble> {
    let mut transaction = connection.begin().await?;
    // The checkpoint first: it is the lock that a rebuild takes before it touches the tables.
    move_checkpoints(&mut transaction, me, followers, to).await?;
    for follower in followers.iter_mut() {
        follower.apply(&mut transaction, events).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Moves the checkpoints from where they are known to be, under the tokens held: all or none.
async fn move_checkpoints(
    connection: &mut PgConnection,
    me: Uuid,
    followers: &[&mut Follower],
    to: i64,
) -> Result<(), Trouble> {
    let held: Vec<Held> = followers.iter().map(|follower| follower.held()).collect();
    let moved = READ_MODELS.advance(connection, me, &held, to).await?;
    if moved { Ok(()) } else { Err(Trouble::Fenced) }
}

/// Applies events one at a time and parks those that are refused.
async fn one_by_one(
    connection: &mut PgConnection,
    me: Uuid,
    follower: &mut Follower,
    events: &[Next],
) -> Result<(), Trouble> {
    for event in events {
        let one = std::slice::from_ref(event);
        let Err(trouble) = apply(connection, me, &mut [follower], one).await else { continue };
        let Trouble::Poison(error) = trouble else { return Err(trouble) };
        tracing::error!(%error, model = %follower.name, position = event.position, "An event is parked");
        metrics::counter!("ledgerdesk_projection_parked_total", "model" => follower.name.clone())
            .increment(1);
        let mut transaction = connection.begin().await?;
        move_checkpoints(&mut transaction, me, &[follower], event.position).await?;
        follower.park(&mut transaction, event, &error).await?;
        transaction.commit().await?;
        follower.committed(event.position);
    }
    Ok(())
}
