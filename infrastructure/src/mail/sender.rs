//! Whoever empties the queue: one process at a time, several mails at a time, each until it is taken or pointless.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::id::UserId;
use sqlx::{FromRow, PgPool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Mailer, Outbox, SendError};
use crate::keys::KeyError;
use crate::lease::{MAIL, RENEW};

/// The one line of `desk.mail_sender`.
const NAME: &str = "outgoing";
/// How many mails are under way at a time, so that one that hangs does not hold up all.
const AT_A_TIME: usize = 4;
/// How long it waits for a database that is away.
const RETRY: Duration = Duration::from_millis(200);
/// How long a mail waits for its second try; twice as long before each further one,
const BACK_OFF: Duration = Duration::from_secs(5);
/// but no longer than this.
const LONGEST_BACK_OFF: Duration = Duration::from_mins(15);
/// How often what was given up long ago is removed.
const SWEEP: Duration = Duration::from_hours(1);

/// Empties the queue. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sender(Arc<Parts>);

struct Parts {
    pool: PgPool,
    outbox: Outbox,
    mailer: Arc<dyn Mailer>,
    me: Uuid,
    /// Mails that were taken and are in the queue still, because the database was away just then.
    taken: Mutex<HashSet<Uuid>>,
}

/// A mail as the queue has it.
#[derive(FromRow)]
struct Waiting {
    id: Uuid,
    user_id: Option<Uuid>,
    sealed: String,
    quotes: Vec<Uuid>,
}

impl Sender {
    /// A sender of what is in `outbox`, by `mailer`.
    #[must_use]
    pub fn new(pool: PgPool, outbox: Outbox, mailer: Arc<dyn Mailer>) -> Self {
        Self(Arc::new(Parts { pool, outbox, mailer, me: Uuid::now_v7(), taken: Mutex::default() }))
    }

    /// Sends until `stop`, whatever happens to the database or the mail server meanwhile. What is under way then is
    /// cut off, and sent again by whoever sends next.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = stop.run_until_cancelled(self.session()).await;
            if let Some(Err(error)) = ended {
                tracing::warn!(%error, "Outgoing mail waits for the database");
            }
            let _ = stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
        }
        let _ = MAIL.give_back(&self.0.pool, self.0.me, &[NAME]).await;
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
        let (mut running, mut under_way) = (JoinSet::new(), HashSet::new());
        let (mut renewed, mut swept) = (Instant::now(), None::<Instant>);
        loop {
            if renewed.elapsed() > RENEW / 2 {
                if self.lease().await? != Some(token) {
                    return Ok(());
                }
                renewed = Instant::now();
            }
            if swept.is_none_or(|at| at.elapsed() > SWEEP) {
                self.sweep().await?;
                swept = Some(Instant::now());
            }
            for mail in self.due(AT_A_TIME - running.len(), &under_way).await? {
                under_way.insert(mail.id);
                let sender = self.clone();
                running.spawn(async move {
                    let id = mail.id;
                    (id, sender.attempt(mail, token).await)
                });
            }
            tokio::select! {
                Some(done) = running.join_next(), if !running.is_empty() => {
                    let Ok((id, tried)) = done else {
                        tracing::error!("The sending of a mail stopped by a panic");
                        return Ok(());
                    };
                    under_way.remove(&id);
                    tried?;
                }
                () = self.0.outbox.wake.notified() => {}
                () = tokio::time::sleep(RENEW / 2) => {}
            }
        }
    }

    /// The token of the lease, if it is ours.
    async fn lease(&self) -> sqlx::Result<Option<i64>> {
        let held = MAIL.take(&self.0.pool, self.0.me, &[NAME]).await?;
        Ok(held.first().map(|held| held.token))
    }

    /// Up to `limit` mails that are to be tried now, besides those that are under way.
    async fn due(&self, limit: usize, under_way: &HashSet<Uuid>) -> sqlx::Result<Vec<Waiting>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let under_way: Vec<Uuid> = under_way.iter().copied().collect();
        sqlx::query_as(
            "select id, user_id, sealed, quotes
               from desk.outgoing_mail
              where dead_at is null and next_attempt_at <= now() and id <> all($1)
              order by next_attempt_at, id
              limit $2",
        )
        .bind(&under_way)
        .bind(i64::try_from(limit).unwrap_or_default())
        .fetch_all(&self.0.pool)
        .await
    }

    /// Tries one mail and writes down what came of it.
    async fn attempt(&self, mail: Waiting, token: i64) -> sqlx::Result<()> {
        let id = mail.id;
        if self.0.taken.lock().expect("no panic while a mail is noted").contains(&id) {
            return self.sent(id).await;
        }
        let Some(attempts) = self.claim(id, token).await? else { return Ok(()) };
        let message = match self.0.outbox.open(id, mail.user_id.map(UserId), &mail.sealed, &mail.quotes).await
        {
            Ok(Some(message)) => message,
            // Of somebody who was erased.
            Ok(None) => return self.remove(id).await,
            Err(KeyError::Database(error)) => return Err(error),
            Err(error) => return self.give_up(id, &error.to_string()).await,
        };
        match self.0.mailer.send(&message).await {
            Ok(()) => {
                self.0.taken.lock().expect("no panic while a mail is noted").insert(id);
                self.sent(id).await
            }
            Err(SendError::Never(why)) => self.give_up(id, &why).await,
            Err(SendError::Later(why)) => self.put_off(id, attempts, &why).await,
        }
    }

    /// Counts the attempt and gives how many that makes; none if the mail is gone, too old, or not ours to send.
    async fn claim(&self, id: Uuid, token: i64) -> sqlx::Result<Option<i32>> {
        let claimed: Option<(i32, bool)> = sqlx::query_as(
            "update desk.outgoing_mail
                set attempts = attempts + 1,
                    dead_at = case when good_until < now() then now() end,
                    error = case when good_until < now() then 'not taken in time; at last: ' || coalesce(error, 'no try') else error end
              where id = $1 and dead_at is null
                and exists (select from desk.mail_sender
                             where name = $2 and lease_owner = $3 and lease_token = $4 and lease_until > now())
          returning attempts, dead_at is null",
        )
        .bind(id)
        .bind(NAME)
        .bind(self.0.me)
        .bind(token)
        .fetch_optional(&self.0.pool)
        .await?;
        if let Some((attempts, false)) = claimed {
            gave_up(id, attempts, "not taken in time");
        }
        Ok(claimed.and_then(|(attempts, is_alive)| is_alive.then_some(attempts)))
    }

    async fn sent(&self, id: Uuid) -> sqlx::Result<()> {
        self.remove(id).await?;
        self.0.taken.lock().expect("no panic while a mail is noted").remove(&id);
        metrics::counter!("ledgerdesk_mail_sent_total").increment(1);
        Ok(())
    }

    async fn remove(&self, id: Uuid) -> sqlx::Result<()> {
        sqlx::query("delete from desk.outgoing_mail where id = $1").bind(id).execute(&self.0.pool).await?;
        Ok(())
    }

    /// It is tried again later.
    async fn put_off(&self, id: Uuid, attempts: i32, why: &str) -> sqlx::Result<()> {
        let wait = back_off(attempts);
        tracing::warn!(mail.id = %id, attempts, why, wait_seconds = wait.as_secs(), "A mail has to be tried again");
        metrics::counter!("ledgerdesk_mail_put_off_total").increment(1);
        sqlx::query(
            "update desk.outgoing_mail
                set next_attempt_at = now() + make_interval(secs => $2), error = $3
              where id = $1",
        )
        .bind(id)
        .bind(wait.as_secs_f64())
        .bind(why)
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    /// It is tried no more, and stays to be looked at.
    async fn give_up(&self, id: Uuid, why: &str) -> sqlx::Result<()> {
        let attempts: Option<i32> = sqlx::query_scalar(
            "update desk.outgoing_mail set dead_at = now(), error = $2 where id = $1 returning attempts",
        )
        .bind(id)
        .bind(why)
        .fetch_optional(&self.0.pool)
        .await?;
        gave_up(id, attempts.unwrap_or_default(), why);
        Ok(())
    }

    /// Removes what was given up a week ago.
    async fn sweep(&self) -> sqlx::Result<()> {
        sqlx::query("delete from desk.outgoing_mail where dead_at < now() - interval '7 days'")
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }
}

fn gave_up(id: Uuid, attempts: i32, why: &str) {
    tracing::error!(mail.id = %id, attempts, why, "A mail is given up");
    metrics::counter!("ledgerdesk_mail_given_up_total").increment(1);
}

/// How long a mail waits that was tried `attempts` times.
fn back_off(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
    (BACK_OFF * 2_u32.pow(doublings)).min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_waits_longer_and_longer_but_not_for_ever() {
        let waits: Vec<u64> = [1, 2, 3, 8, 9, 100].map(|attempts| back_off(attempts).as_secs()).into();
        assert_eq!(waits, [5, 10, 20, 640, 900, 900]);
        assert_eq!(back_off(0), BACK_OFF);
    }
}
