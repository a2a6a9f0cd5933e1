//! One handler on its way through the log: woken by the log's end moving, fenced, and never stopped by an event.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::Recorded;
use futures::FutureExt as _;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Handler, NotNow};
use crate::database::is_unreachable;
use crate::lease::{HANDLERS, Held, RENEW};
use crate::log::PgLog;
use crate::projection::feed::{self, Next};

/// How long it waits for a database that is away.
const RETRY: Duration = Duration::from_millis(200);
/// How often an event is tried before it is parked,
const ATTEMPTS: u32 = 6;
/// and how long it waits before the second time; twice as long before each further one.
const BACK_OFF: Duration = Duration::from_millis(200);

/// How far it has come it says so often at most: whatever it did by then it may do once more if it dies, with the same outcome.
const SAY: Duration = Duration::from_millis(100);

/// How long it waits when it could not be.
const NOT_NOW: Duration = Duration::from_secs(1);

/// Why a handler does not go on with its lease.
enum Ended {
    /// Another process has it.
    Fenced,
    /// The database cannot be reached.
    Unreachable(sqlx::Error),
}

impl From<sqlx::Error> for Ended {
    fn from(error: sqlx::Error) -> Self {
        Self::Unreachable(error)
    }
}

/// What became of an event.
enum Outcome {
    Handled,
    /// The handler gave up on it.
    Refused(String, u32),
}

/// A handler and who runs it.
pub(super) struct Keeper {
    log: Arc<PgLog>,
    pool: PgPool,
    handler: Arc<dyn Handler>,
    me: Uuid,
}

/// A handler whose lease is held.
struct Working {
    /// The lease, with the position as the database has it.
    held: Held,
    /// Up to where everything is handled or passed over.
    reached: i64,
    renewed: Instant,
    /// Whether it handled something that it has not said yet.
    has_handled: bool,
    parked: HashSet<Uuid>,
}

impl Working {
    /// When the next sign of life is due, or the next word of how far it has come.
    fn due_in(&self) -> Duration {
        let every = if self.has_handled { SAY } else { RENEW };
        every.saturating_sub(self.renewed.elapsed())
    }
}

impl Keeper {
    pub(super) fn new(log: Arc<PgLog>, pool: PgPool, handler: Arc<dyn Handler>, me: Uuid) -> Self {
        Self { log, pool, handler, me }
    }

    /// Runs until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let name = self.handler.name();
        let mut work = None;
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                ended = self.session(&mut work) => ended,
            };
            work = None;
            if let Err(Ended::Unreachable(error)) = ended {
                tracing::warn!(%error, handler = name, "A handler waits for the database");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
        if let Some(work) = &mut work {
            let _ = self.renew(work).await;
        }
        let _ = HANDLERS.give_back(&self.pool, self.me, &[name]).await;
    }

    /// Waits for the lease and works until it is lost.
    async fn session(&self, work: &mut Option<Working>) -> Result<(), Ended> {
        let held = loop {
            match HANDLERS.take(&self.pool, self.me, &[self.handler.name()]).await?.pop() {
                Some(held) => break held,
                None => tokio::time::sleep(RENEW).await,
            }
        };
        let reached = held.position;
        let (renewed, has_handled, parked) = (Instant::now(), false, HashSet::new());
        let work = work.insert(Working { held, reached, renewed, has_handled, parked });
        self.retry_parked(work).await?;
        let mut end_of_log = self.log.watch_head();
        loop {
            self.renew_if_due(work).await?;
            let seen = *end_of_log.borrow_and_update();
            if work.reached >= seen {
                let _ = tokio::time::timeout(work.due_in(), end_of_log.changed()).await;
                continue;
            }
            let (events, reached) =
                feed::of_types(&self.log, work.reached, seen, self.handler.types()).await?;
            for event in &events {
                self.renew_if_due(work).await?;
                self.take(event, work).await?;
            }
            work.reached = reached;
            let lag = u32::try_from(seen - reached).unwrap_or_default();
            metrics::gauge!("ledgerdesk_handler_lag_events", "handler" => self.handler.name())
                .set(f64::from(lag));
        }
    }

    async fn renew_if_due(&self, work: &mut Working) -> Result<(), Ended> {
        if work.due_in().is_zero() { self.renew(work).await } else { Ok(()) }
    }

    /// Gives a sign of life, and says how far it has come.
    async fn renew(&self, work: &mut Working) -> Result<(), Ended> {
        let held = std::slice::from_ref(&work.held);
        if !HANDLERS.advance(&self.pool, self.me, held, work.reached).await? {
            return Err(Ended::Fenced);
        }
        work.held.position = work.reached;
        (work.renewed, work.has_handled) = (Instant::now(), false);
        Ok(())
    }

    /// Handles one event or parks it.
    async fn take(&self, next: &Next, work: &mut Working) -> Result<(), Ended> {
        let outcome = match next.event(self.handler.types()) {
            _ if work.parked.contains(&next.entity) => {
                let why = "an earlier event of the same ticket or user is parked";
                Outcome::Refused(why.to_owned(), 0)
            }
            Ok(event) => self.attempts(event, work).await?,
            Err(error) => Outcome::Refused(error.to_owned(), 1),
        };
        (work.reached, work.has_handled) = (next.position, true);
        match outcome {
            Outcome::Handled => {
                metrics::counter!("ledgerdesk_handler_handled_total", "handler" => self.handler.name())
                    .increment(1);
            }
            Outcome::Refused(error, attempts) => {
                self.park(next, &error, attempts, work).await?;
                self.renew(work).await?;
            }
        }
        Ok(())
    }

    /// Tries to handle an event until it is handled or tried often enough.
    async fn attempts(&self, event: &Recorded, work: &mut Working) -> Result<Outcome, Ended> {
        let mut attempts = 0;
        loop {
            let Err(error) = self.attempt(event, work).await? else { return Ok(Outcome::Handled) };
            if let Some(error) = unreachable_because(&error) {
                return Err(Ended::Unreachable(sqlx::Error::Protocol(error)));
            }
            if error.is::<NotNow>() {
                self.meanwhile(work, tokio::time::sleep(NOT_NOW)).await?;
                continue;
            }
            attempts += 1;
            let (handler, position) = (self.handler.name(), event.position);
            tracing::warn!(error = format!("{error:#}"), handler, position, attempts, "A handler failed");
            if attempts == ATTEMPTS {
                return Ok(Outcome::Refused(format!("{error:#}"), attempts));
            }
            self.meanwhile(work, tokio::time::sleep(BACK_OFF * 2_u32.pow(attempts - 1))).await?;
        }
    }

    /// Handles an event once; a panic of the handler is its failure, not the end of the process.
    async fn attempt(&self, event: &Recorded, work: &mut Working) -> Result<anyhow::Result<()>, Ended> {
        let handling = AssertUnwindSafe(self.handler.handle(event)).catch_unwind();
        let handled = self.meanwhile(work, handling).await?;
        Ok(handled.unwrap_or_else(|_| Err(anyhow::anyhow!("the handler panicked"))))
    }

    /// Waits for `doing` and keeps the lease meanwhile; cuts it off when the lease is lost.
    async fn meanwhile<T>(&self, work: &mut Working, doing: impl Future<Output = T>) -> Result<T, Ended> {
        tokio::pin!(doing);
        loop {
            let due = work.due_in();
            tokio::select! {
                done = &mut doing => return Ok(done),
                () = tokio::time::sleep(due) => self.renew(work).await?,
            }
        }
    }

    /// Sets an event and all that will follow on the same ticket or user aside.
    async fn park(&self, next: &Next, error: &str, attempts: u32, work: &mut Working) -> Result<(), Ended> {
        let handler = self.handler.name();
        tracing::error!(error, handler, position = next.position, "An event is parked");
        metrics::counter!("ledgerdesk_handler_parked_total", "handler" => handler).increment(1);
        sqlx::query(
            "insert into desk.parked_events (handler, entity, position, error, attempts)
             values ($1, $2, $3, $4, $5)
                 on conflict (handler, position) do update
                set error = excluded.error, attempts = desk.parked_events.attempts + excluded.attempts",
        )
        .bind(handler)
        .bind(next.entity)
        .bind(next.position)
        .bind(error)
        .bind(i32::try_from(attempts).unwrap_or(i32::MAX))
        .execute(&self.pool)
        .await?;
        work.parked.insert(next.entity);
        Ok(())
    }

    /// Whoever takes the handler over tries what is parked once more, in order: it may know better.
    async fn retry_parked(&self, work: &mut Working) -> Result<(), Ended> {
        let positions: Vec<i64> = sqlx::query_scalar(
            "select position from desk.parked_events where handler = $1 order by position",
        )
        .bind(self.handler.name())
        .fetch_all(&self.pool)
        .await?;
        for next in feed::at(&self.log, &positions, self.handler.types()).await? {
            let handled = match next.event(self.handler.types()) {
                Ok(event) if !work.parked.contains(&next.entity) => self.attempt(event, work).await?.is_ok(),
                _ => false,
            };
            if handled {
                sqlx::query("delete from desk.parked_events where handler = $1 and position = $2")
                    .bind(self.handler.name())
                    .bind(next.position)
                    .execute(&self.pool)
                    .await?;
            } else {
                work.parked.insert(next.entity);
            }
        }
        Ok(())
    }
}

/// What an error says if it comes from a database that is away: then nothing is wrong with the event.
pub(crate) fn unreachable_because(error: &anyhow::Error) -> Option<String> {
    let away = error.chain().any(|cause| {
        cause.downcast_ref::<sqlx::Error>().is_some_and(is_unreachable)
            || matches!(
                cause.downcast_ref::<application::Error>(),
                Some(application::Error::Unavailable(_) | application::Error::Overloaded)
            )
    });
    away.then(|| format!("{error:#}"))
}
