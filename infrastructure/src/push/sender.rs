//! Whoever empties the queue: one process at a time, several messages at a time, for each browser one after the other.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use application::Commands;
use chrono::{DateTime, Utc};
use domain::id::UserId;
use sqlx::{FromRow, PgPool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::message::{Outcome, send};
use super::subscriptions::address;
use super::{Push, outcome};
use crate::keys::KeyError;
use crate::lease::{PUSH, RENEW};

/// The one line of `desk.push_sender`.
const NAME: &str = "push";
/// How many messages are under way at a time, of one person and of all: whoever registers addresses that hang holds up
/// nobody else.
const OF_ONE: usize = 4;
const OF_ALL: usize = 32;
/// How long it waits for a database that is away.
const RETRY: Duration = Duration::from_millis(200);
/// How often what ended long ago is removed.
const SWEEP: Duration = Duration::from_hours(1);

/// Empties the queue. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sender(Arc<Parts>);

struct Parts {
    pool: PgPool,
    push: Push,
    commands: Arc<Commands>,
    me: Uuid,
    /// Messages that were taken and of which that is not written down, because the database was away just then.
    taken: Mutex<HashSet<Uuid>>,
}

/// A message as the queue has it.
#[derive(FromRow)]
struct Waiting {
    id: Uuid,
    user_id: Uuid,
    subscription: Uuid,
    sealed: String,
}

/// A message that may be sent now, and where to.
#[derive(FromRow)]
struct Claimed {
    attempts: i32,
    is_pending: bool,
    good_until: DateTime<Utc>,
    endpoint_hash: Vec<u8>,
    address: String,
}

impl Sender {
    /// A sender of what waits in `push`, to people who are active as `commands` knows them.
    #[must_use]
    pub fn new(push: Push, commands: Arc<Commands>) -> Self {
        let pool = push.pool.clone();
        Self(Arc::new(Parts { pool, push, commands, me: Uuid::now_v7(), taken: Mutex::default() }))
    }

    /// Sends until `stop`, whatever happens to the database or to push services meanwhile. What is under way then is cut
    /// off, and sent again by whoever sends next.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = stop.run_until_cancelled(self.session()).await;
            if let Some(Err(error)) = ended {
                tracing::warn!(%error, "What browsers are told waits for the database");
            }
            let _ = stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
        }
        let _ = PUSH.give_back(&self.0.pool, self.0.me, &[NAME]).await;
    }

    /// Waits for the lease, and sends until it is lost.
    async fn session(&self) -> sqlx::Result<()> {
        let token = loop {
            match self.lease().await? {
                Some(token) => break token,
                None => tokio::time::sleep(RENEW).await,
            }
        };
        // When this ends, so does what is under way.
        let (mut running, mut under_way) = (JoinSet::new(), HashMap::new());
        let (mut renewed, mut swept) = (Instant::now(), None::<Instant>);
        loop {
            if renewed.elapsed() > RENEW / 2 {
                if self.lease().await? != Some(token) {
                    return Ok(());
                }
                renewed = Instant::now();
            }
            if swept.is_none_or(|at| at.elapsed() > SWEEP) {
                outcome::sweep(&self.0.pool).await?;
                swept = Some(Instant::now());
            }
            for message in self.due(&under_way).await? {
                under_way.insert(message.subscription, message.user_id);
                let sender = self.clone();
                running.spawn(async move { (message.subscription, sender.attempt(message, token).await) });
            }
            tokio::select! {
                Some(done) = running.join_next(), if !running.is_empty() => {
                    let Ok((subscription, tried)) = done else {
                        tracing::error!("The sending to a browser stopped by a panic");
                        return Ok(());
                    };
                    under_way.remove(&subscription);
                    tried?;
                }
                () = self.0.push.wake.notified() => {}
                () = tokio::time::sleep(RENEW / 2) => {}
            }
        }
    }

    /// The token of the lease, if it is ours.
    async fn lease(&self) -> sqlx::Result<Option<i64>> {
        let held = PUSH.take(&self.0.pool, self.0.me, &[NAME]).await?;
        Ok(held.first().map(|held| held.token))
    }

    /// What is to be tried now: for each browser one message, for none of those that something is `under_way` to.
    async fn due(&self, under_way: &HashMap<Uuid, Uuid>) -> sqlx::Result<Vec<Waiting>> {
        let mut free = OF_ALL.saturating_sub(under_way.len());
        if free == 0 {
            return Ok(Vec::new());
        }
        let subscriptions: Vec<Uuid> = under_way.keys().copied().collect();
        let mut due: Vec<Waiting> = sqlx::query_as(
            "select id, user_id, subscription, sealed
               from (select q.*, row_number() over (partition by user_id order by next_attempt_at, id) as place
                       from (select distinct on (q.subscription)
                                    q.id, q.user_id, q.subscription, q.sealed, q.next_attempt_at
                               from desk.outgoing_push q
                               join desk.push_subscriptions s on s.id = q.subscription and s.quiet_until <= now()
                              where q.state = 'pending' and q.next_attempt_at <= now() and q.subscription <> all($1)
                              order by q.subscription, q.next_attempt_at, q.id) q) q
              where place <= $2
              order by next_attempt_at, id
              limit $3",
        )
        .bind(&subscriptions)
        .bind(i64::try_from(OF_ONE).unwrap_or(i64::MAX))
        .bind(i64::try_from(OF_ALL).unwrap_or(i64::MAX))
        .fetch_all(&self.0.pool)
        .await?;
        let mut busy: HashMap<Uuid, usize> = HashMap::new();
        for user in under_way.values() {
            *busy.entry(*user).or_default() += 1;
        }
        due.retain(|message| {
            let of_one = busy.entry(message.user_id).or_default();
            let goes = free > 0 && *of_one < OF_ONE;
            *of_one += usize::from(goes);
            free -= usize::from(goes);
            goes
        });
        Ok(due)
    }

    /// Tries one message and writes down what came of it.
    async fn attempt(&self, message: Waiting, token: i64) -> sqlx::Result<()> {
        let (id, subscription, pool) = (message.id, message.subscription, &self.0.pool);
        let is_taken = self.0.taken.lock().expect("no panic while a message is noted").contains(&id);
        if is_taken {
            return self.taken(id, subscription).await;
        }
        let Some(claimed) = self.claim(&message, token).await? else { return Ok(()) };
        match self.send(&message, &claimed).await {
            Ok(Some(Outcome::Taken)) => {
                self.0.taken.lock().expect("no panic while a message is noted").insert(id);
                self.taken(id, subscription).await
            }
            Ok(Some(Outcome::Gone)) => outcome::gone(pool, subscription).await,
            Ok(Some(Outcome::Later(why, asked))) => {
                outcome::put_off(pool, (id, subscription), claimed.attempts, &why, asked).await
            }
            Ok(Some(Outcome::Never(why))) => outcome::give_up(pool, id, claimed.attempts, &why).await,
            // To somebody who is not there any more.
            Ok(None) => outcome::drop_one(pool, id).await,
            Err(KeyError::Database(error)) => Err(error),
            Err(error) => outcome::give_up(pool, id, claimed.attempts, &error.to_string()).await,
        }
    }

    /// Sends it; none if nothing is sent to that person any more.
    async fn send(&self, message: &Waiting, claimed: &Claimed) -> Result<Option<Outcome>, KeyError> {
        let (push, user) = (&self.0.push, UserId(message.user_id));
        match self.0.commands.load_user(user).await {
            Ok(account) if account.state.is_active() => {}
            Ok(_) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "Whom a browser belongs to cannot be looked up");
                return Ok(Some(Outcome::Later("the account cannot be looked up".to_owned(), None)));
            }
        }
        let Some(content) = push.open_message(message.id, user, &message.sealed).await? else {
            return Ok(None);
        };
        let address = address(&push.keys, user, &claimed.endpoint_hash, &claimed.address).await?;
        let Some(address) = address else { return Ok(None) };
        send(&push.client, &push.vapid, &address, content, claimed.good_until).await.map(Some)
    }

    /// Counts the attempt; none if the message is gone, too old, or not ours to send.
    async fn claim(&self, message: &Waiting, token: i64) -> sqlx::Result<Option<Claimed>> {
        let claimed: Option<Claimed> = sqlx::query_as(
            "update desk.outgoing_push q
                set attempts = attempts + 1,
                    state = case when good_until < now() then 'dead' else state end,
                    ended_at = case when good_until < now() then now() end,
                    sealed = case when good_until < now() then null else q.sealed end,
                    error = case when good_until < now() then 'not taken in time; at last: ' || coalesce(error, 'no try') else error end
               from desk.push_subscriptions s
              where q.id = $1 and q.state = 'pending' and s.id = q.subscription and s.user_id = q.user_id
                and exists (select from desk.push_sender
                             where name = $2 and lease_owner = $3 and lease_token = $4 and lease_until > now())
          returning q.attempts, q.state = 'pending' as is_pending, q.good_until, s.endpoint_hash, s.sealed as address",
        )
        .bind(message.id)
        .bind(NAME)
        .bind(self.0.me)
        .bind(token)
        .fetch_optional(&self.0.pool)
        .await?;
        if let Some(late) = claimed.as_ref().filter(|claimed| !claimed.is_pending) {
            outcome::gave_up(message.id, late.attempts, "not taken in time");
        }
        Ok(claimed.filter(|claimed| claimed.is_pending))
    }

    async fn taken(&self, id: Uuid, subscription: Uuid) -> sqlx::Result<()> {
        outcome::taken(&self.0.pool, id, subscription).await?;
        self.0.taken.lock().expect("no panic while a message is noted").remove(&id);
        Ok(())
    }
}
