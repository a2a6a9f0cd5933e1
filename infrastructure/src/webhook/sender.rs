//! Whoever sends to webhooks: one process at a time, several messages at a time, within a ticket one after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::{Commands, Request};
use chrono::Utc;
use domain::access::Caller;
use domain::event::Event;
use domain::webhook::WebhookCommand;
use serde_json::json;
use sqlx::{FromRow, PgConnection, PgPool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::message::{Failure, Message, Tried};
use super::target::Target;
use super::{Render, Vault, feed, outcome};
use crate::keys::KeyError;
use crate::lease::{RENEW, WEBHOOKS};
use crate::log::{PgLog, Row};
use crate::outbound::Client;

/// The one line of `desk.webhook_sender`, and the door that what the desk decides comes through.
const NAME: &str = "webhooks";
/// How many messages of one webhook are under way at a time, and of all.
const OF_ONE: usize = 4;
const OF_ALL: usize = 64;
/// How long it waits for a database that is away.
const RETRY: Duration = Duration::from_millis(200);
/// How long it waits for more to happen once something has.
const GATHER: Duration = Duration::from_millis(10);
/// How often what ended long ago is removed.
const SWEEP: Duration = Duration::from_hours(1);

/// Sends what webhooks are told. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sender(Arc<Parts>);

pub(super) struct Parts {
    pub(super) pool: PgPool,
    pub(super) log: Arc<PgLog>,
    commands: Arc<Commands>,
    vault: Vault,
    client: Client,
    pub(super) render: Render,
    me: Uuid,
}

/// A delivery that is due.
#[derive(FromRow)]
struct Due {
    id: Uuid,
    webhook: Uuid,
    position: i64,
}

/// The lease, under which alone anything moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    me: Uuid,
    token: i64,
}

impl Hold {
    /// Whether it is held still; until the end of the transaction nobody else takes it.
    pub(super) async fn insist(self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        let held: Option<i32> = sqlx::query_scalar(
            "select 1 from desk.webhook_sender
              where name = $1 and lease_owner = $2 and lease_token = $3 and lease_until > now()
                for share",
        )
        .bind(NAME)
        .bind(self.me)
        .bind(self.token)
        .fetch_optional(connection)
        .await?;
        Ok(held.is_some())
    }
}

impl Sender {
    /// A sender of what `render` makes of the events of `log`, by `client`.
    #[must_use]
    pub fn new(
        pool: PgPool,
        log: Arc<PgLog>,
        commands: Arc<Commands>,
        client: Client,
        render: Render,
    ) -> Self {
        let vault = Vault::new(pool.clone(), Arc::clone(log.keys()));
        Self(Arc::new(Parts { pool, log, commands, vault, client, render, me: Uuid::now_v7() }))
    }

    /// Where addresses and secrets are kept.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The way out, which says what may be sent where.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Sends until `stop`, whatever happens to the database or to receivers meanwhile. What is under way then is cut off,
    /// and sent again by whoever sends next.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = stop.run_until_cancelled(self.session()).await;
            if let Some(Err(error)) = ended {
                tracing::warn!(%error, "Webhooks wait for the database");
            }
            let _ = stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
        }
        let _ = WEBHOOKS.give_back(&self.0.pool, self.0.me, &[NAME]).await;
    }

    /// Sends a test message now, whether the webhook is enabled or not; none if it is not there any more.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn test(&self, webhook: Uuid) -> Result<Option<Tried>, KeyError> {
        let Some(target) = Target::find(&self.0.pool, webhook).await? else { return Ok(None) };
        let Some((url, secrets)) = target.open(&self.0.vault).await? else { return Ok(None) };
        let data = json!({ "webhook_id": webhook });
        let message = Message::new(Uuid::now_v7(), "WebhookTest", Utc::now(), &data);
        Ok(Some(message.send(&self.0.client, &url, &secrets).await))
    }

    /// Waits for the lease, and sends until it is lost.
    async fn session(&self) -> sqlx::Result<()> {
        let hold = loop {
            match self.lease().await? {
                Some(hold) => break hold,
                None => tokio::time::sleep(RENEW).await,
            }
        };
        // When this ends, so does what is under way.
        let (mut running, mut under_way) = (JoinSet::new(), HashMap::new());
        let (mut renewed, mut swept) = (Instant::now(), None::<Instant>);
        let mut head = self.0.log.watch_head();
        loop {
            if renewed.elapsed() > RENEW / 2 {
                if self.lease().await? != Some(hold) {
                    return Ok(());
                }
                renewed = Instant::now();
            }
            if swept.is_none_or(|at| at.elapsed() > SWEEP) {
                self.sweep().await?;
                swept = Some(Instant::now());
            }
            let reached = *head.borrow_and_update();
            let (is_used, more) = self.read_on(hold, reached).await?;
            for due in self.due(&under_way).await? {
                under_way.insert(due.id, due.webhook);
                let sender = self.clone();
                running.spawn(async move { (due.id, sender.attempt(due, hold).await) });
            }
            tokio::select! {
                Some(done) = running.join_next(), if !running.is_empty() => {
                    let Ok((id, tried)) = done else {
                        tracing::error!("The sending of a webhook stopped by a panic");
                        return Ok(());
                    };
                    under_way.remove(&id);
                    tried?;
                }
                Ok(()) = head.changed(), if is_used => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(if more { GATHER } else { RENEW / 2 }) => {}
            }
        }
    }

    /// The lease, if it is ours.
    async fn lease(&self) -> sqlx::Result<Option<Hold>> {
        let held = WEBHOOKS.take(&self.0.pool, self.0.me, &[NAME]).await?;
        Ok(held.first().map(|held| Hold { me: self.0.me, token: held.token }))
    }

    /// Reads on for every webhook; whether there is one, and whether there is more to read.
    async fn read_on(&self, hold: Hold, head: i64) -> sqlx::Result<(bool, bool)> {
        let targets = Target::enabled(&self.0.pool).await?;
        let mut more = false;
        for target in &targets {
            more |= feed::read_on(&self.0, target, hold, head).await?;
        }
        Ok((!targets.is_empty(), more))
    }

    /// What is to be tried now besides what is `under_way`: of each ticket the first that waits.
    async fn due(&self, under_way: &HashMap<Uuid, Uuid>) -> sqlx::Result<Vec<Due>> {
        let ids: Vec<Uuid> = under_way.keys().copied().collect();
        let candidates: Vec<Due> = sqlx::query_as(
            "select id, webhook, position
               from (select d.id, d.webhook, d.position,
                            row_number() over (partition by d.webhook order by d.next_attempt_at, d.position) as place
                       from (select distinct on (webhook, subject) id, webhook, position, next_attempt_at
                               from desk.webhook_deliveries
                              where state = 'pending'
                              order by webhook, subject, position) d
                       join read.webhooks w on w.id = d.webhook and w.enabled and not w.is_removed
                       join desk.webhook_progress p on p.webhook = d.webhook and p.quiet_until <= now()
                      where d.next_attempt_at <= now() and d.id <> all($1)) d
              where place <= $2
              order by place",
        )
        .bind(&ids)
        .bind(i64::try_from(OF_ONE).unwrap_or(i64::MAX))
        .fetch_all(&self.0.pool)
        .await?;
        let mut busy: HashMap<Uuid, usize> = HashMap::new();
        for webhook in under_way.values() {
            *busy.entry(*webhook).or_default() += 1;
        }
        let mut free = OF_ALL.saturating_sub(under_way.len());
        let mut due = candidates;
        due.retain(|due| {
            let of_one = busy.entry(due.webhook).or_default();
            let goes = free > 0 && *of_one < OF_ONE;
            *of_one += usize::from(goes);
            free -= usize::from(goes);
            goes
        });
        Ok(due)
    }

    /// Tries one delivery and writes down what came of it.
    async fn attempt(&self, due: Due, hold: Hold) -> sqlx::Result<()> {
        let Some(attempts) = self.claim(due.id, hold).await? else { return Ok(()) };
        let delivery = (due.id, due.webhook);
        let tried = match self.send(&due).await {
            Ok(Some(tried)) => tried,
            // The webhook is gone, or is not told of this any more.
            Ok(None) => return self.remove(due.id).await,
            Err(KeyError::Database(error)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, webhook.id = %due.webhook, "A webhook's message cannot be made");
                Tried::failed(Failure::NotMade, Duration::ZERO)
            }
        };
        if tried.failure.is_none() {
            return outcome::delivered(&self.0.pool, delivery, &tried).await;
        }
        outcome::failed(&self.0.pool, delivery, attempts, &tried).await?;
        if tried.status == Some(410) {
            self.disable(due.webhook).await;
        }
        Ok(())
    }

    /// Makes the message of what the log and the keys say now, and sends it; none if there is nothing to tell.
    async fn send(&self, due: &Due) -> Result<Option<Tried>, KeyError> {
        let Some(target) = Target::find(&self.0.pool, due.webhook).await? else { return Ok(None) };
        let Some((url, secrets)) = target.open(&self.0.vault).await? else { return Ok(None) };
        let rows = self.0.log.rows_at(&[due.position]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let event = self.event(row).await?;
        if !target.filter().admits(row) {
            return Ok(None);
        }
        let told = (self.0.render)(row, &event, target.internal);
        let Some(told) = told.filter(|told| target.wants(&told.event_type)) else { return Ok(None) };
        let message = Message::new(row.event_id, &told.event_type, row.occurred_at, &told.data);
        Ok(Some(message.send(&self.0.client, &url, &secrets).await))
    }

    /// The event; one that cannot be read counts as unknown, as it does in streams.
    async fn event(&self, row: &Row) -> Result<Event, KeyError> {
        match row.open(self.0.log.keys()).await {
            Ok(recorded) => Ok(recorded.event),
            Err(KeyError::Database(error)) => Err(KeyError::Database(error)),
            Err(_) => Ok(Event::Unknown(row.event_type.as_str().into())),
        }
    }

    /// Counts the attempt and gives how many that makes; none if the delivery is gone or not ours to try.
    async fn claim(&self, id: Uuid, hold: Hold) -> sqlx::Result<Option<i32>> {
        let mut transaction = self.0.pool.begin().await?;
        if !hold.insist(&mut transaction).await? {
            return Ok(None);
        }
        let attempts = sqlx::query_scalar(
            "update desk.webhook_deliveries
                set attempts = attempts + 1, attempted_at = now()
              where id = $1 and state = 'pending'
          returning attempts",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(attempts)
    }

    /// The receiver wants no more. If it cannot be written down now, the next attempt is answered the same.
    async fn disable(&self, webhook: Uuid) {
        let request = Request::once(Caller::System(NAME), Utc::now(), NAME, Uuid::now_v7());
        let reason = "the receiver answered 410".to_owned();
        if let Err(error) =
            self.0.commands.webhook(&request, webhook, WebhookCommand::Disable { reason }).await
        {
            tracing::warn!(%error, webhook.id = %webhook, "A webhook that wants no more was not disabled");
        }
    }

    async fn remove(&self, id: Uuid) -> sqlx::Result<()> {
        sqlx::query("delete from desk.webhook_deliveries where id = $1")
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// Removes what ended long ago, and what belongs to webhooks that are gone.
    async fn sweep(&self) -> sqlx::Result<()> {
        sqlx::query(
            "delete from desk.webhook_deliveries
              where (state = 'delivered' and ended_at < now() - interval '7 days')
                 or (state = 'dead' and ended_at < now() - interval '30 days')
                 or webhook in (select id from read.webhooks where is_removed)",
        )
        .execute(&self.0.pool)
        .await?;
        sqlx::query(
            "delete from desk.webhook_progress where webhook in (select id from read.webhooks where is_removed)",
        )
        .execute(&self.0.pool)
        .await?;
        if let Err(error) = self.0.vault.sweep(&self.0.commands).await {
            tracing::warn!(%error, "What no webhook needs any more was not thrown away");
        }
        Ok(())
    }
}
