//! What is due is written and handed over: to the queue of mails or of push, in the same transaction that takes it out of this
//! one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use domain::access::Sight;
use domain::id::UserId;
use domain::notification::values::{Channel, Kind};
use domain::user::User;
use domain::user::values::EmailAddress;
use infrastructure::mail::{NewMail, Prepared};
use infrastructure::push::{Notice, Urgency};
use projections::notifications::by_ids;
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::letters;
use super::shown::Full;
use crate::desk::Desk;
use crate::mail::is_reachable;

/// How often it looks by itself: what other processes wrote down, and what has become due.
const EVERY: Duration = Duration::from_secs(1);
/// How long it waits for a database that is away.
const RETRY: Duration = Duration::from_millis(500);
/// How often something is tried that fails for another reason.
const ATTEMPTS: i32 = 8;
/// How long a browser that is not reached may be told late.
const PUSH_GOOD_FOR: TimeDelta = TimeDelta::hours(12);

/// Sends what is due. Any number of processes may; each takes what no other has.
pub(crate) struct Deliverer {
    desk: Desk,
    wake: Arc<Notify>,
}

/// Something that is due.
#[derive(Debug, FromRow)]
struct Due {
    notification: Uuid,
    channel: String,
    user_id: Uuid,
    position: i64,
    is_held: bool,
    in_digest: bool,
    attempts: i32,
}

/// What became of it.
enum Done {
    /// There was nothing.
    Idle,
    /// It is out of the queue.
    Delivered,
    /// The read models do not show it yet.
    TooEarly,
}

impl Deliverer {
    pub(crate) fn new(desk: Desk, wake: Arc<Notify>) -> Self {
        Self { desk, wake }
    }

    /// Delivers until `stop`, whatever happens to the database meanwhile.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match stop.run_until_cancelled(self.next()).await {
                None | Some(Ok(Done::Delivered)) => continue,
                Some(Ok(Done::Idle)) => EVERY,
                Some(Ok(Done::TooEarly)) => RETRY,
                Some(Err(error)) => {
                    tracing::warn!(error = format!("{error:#}"), "Notifications wait to be sent");
                    RETRY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Delivers the next one that is due, or a digest.
    async fn next(&self) -> anyhow::Result<Done> {
        let mut transaction = self.desk.pool().begin().await?;
        let Some(first) = first(&mut transaction).await? else { return Ok(Done::Idle) };
        let due = if first.in_digest { rest_of_digest(&mut transaction, first).await? } else { vec![first] };
        let newest = due.iter().map(|due| due.position).max().unwrap_or_default();
        if !self.desk.visible.wait(newest, Duration::ZERO).await {
            return Ok(Done::TooEarly);
        }
        match self.write(&mut transaction, &due).await {
            Ok(()) => {
                for due in &due {
                    remove(&mut transaction, due).await?;
                }
                transaction.commit().await?;
                self.desk.outbox.wake();
                self.desk.push.wake();
            }
            Err(error) => {
                drop(transaction);
                self.put_off(&due).await?;
                return Err(error);
            }
        }
        Ok(Done::Delivered)
    }

    /// Writes what is due, all for one person and one channel. What nobody may read any more is not written.
    async fn write(&self, transaction: &mut PgConnection, due: &[Due]) -> anyhow::Result<()> {
        let first = due.first().context("nothing is due")?;
        let person = UserId(first.user_id);
        let account = self.desk.commands.load_user(person).await?;
        let Some(caller) = account.state.caller().filter(|_| account.state.may_sign_in()) else {
            return Ok(());
        };
        let sight = self.desk.reaching(caller).await.map_err(|problem| problem.of_handler())?.sight();
        let full = self.full(&sight, due).await?;
        if full.is_empty() {
            return Ok(());
        }
        if first.channel == Channel::Push.as_str() {
            for one in &full {
                self.desk.push.prepare(person, &pushed(one)).await?.put(transaction).await?;
            }
        } else if let Some(mail) = self.mail(person, &account.state, &full, first.in_digest).await? {
            mail.put(transaction).await?;
        }
        Ok(())
    }

    /// Those that still say something: not deleted, not out of sight, and if they were held, not read meanwhile.
    async fn full(&self, sight: &Sight, due: &[Due]) -> anyhow::Result<Vec<Full>> {
        let ids: Vec<Uuid> = due.iter().map(|due| due.notification).collect();
        let is_held = |id: Uuid| due.iter().any(|due| due.notification == id && due.is_held);
        let rows = by_ids(self.desk.pool(), &ids).await?;
        let rows = rows.into_iter().filter(|row| !(row.is_read && is_held(row.id))).collect();
        let full = self.desk.full_notifications(sight, rows).await.map_err(|problem| problem.of_handler())?;
        Ok(full.into_iter().filter(|full| !full.is_out_of_sight).collect())
    }

    /// The mail to `person`; none whom no mail reaches.
    async fn mail(
        &self,
        person: UserId,
        account: &User,
        full: &[Full],
        is_digest: bool,
    ) -> anyhow::Result<Option<Prepared>> {
        let address = account.email().and_then(|email| email.text());
        let Some(address) = address.and_then(|address| EmailAddress::parse(address).ok()) else {
            return Ok(None);
        };
        let (letter, thread) = match full {
            [one] if !is_digest => (letters::one(one), one.shown.data.ticket_id.clone()),
            several => (letters::digest(several), None),
        };
        if !is_reachable(&address) {
            return Ok(None);
        }
        let quotes = full.iter().flat_map(|full| full.quotes.iter().copied()).collect();
        let mail = NewMail { thread, quotes, ..NewMail::new(Some(person), address, letter) };
        Ok(Some(self.desk.outbox.prepare(mail).await?))
    }

    /// They are tried again later; what failed too often is let go.
    async fn put_off(&self, due: &[Due]) -> sqlx::Result<()> {
        for due in due {
            if due.attempts + 1 >= ATTEMPTS {
                tracing::error!(notification.id = %due.notification, channel = due.channel, "A notification is not sent");
                remove(&mut *self.desk.pool().acquire().await?, due).await?;
                continue;
            }
            sqlx::query(
                "update desk.notification_deliveries
                    set attempts = attempts + 1, due_at = now() + make_interval(secs => 2 ^ attempts)
                  where notification = $1 and channel = $2",
            )
            .bind(due.notification)
            .bind(&due.channel)
            .execute(self.desk.pool())
            .await?;
        }
        Ok(())
    }
}

/// A notification as browsers are told. All about one ticket replace each other on the screen, and while the browser is not
/// reached.
fn pushed(full: &Full) -> Notice {
    let shown = &full.shown;
    let ticket = shown.data.ticket_id.as_ref();
    Notice {
        id: full.id,
        title: shown.title.clone(),
        body: shown.message.clone(),
        tag: ticket.cloned(),
        url: ticket.map(|ticket| format!("/tickets/{ticket}")),
        data: json!({ "notification_id": shown.id, "type": shown.kind, "ticket_id": ticket }),
        urgency: if shown.kind.is_urgent() || shown.kind == Kind::Mention {
            Urgency::High
        } else {
            Urgency::Normal
        },
        topic: ticket.cloned(),
        good_until: Utc::now() + PUSH_GOOD_FOR,
        quotes: full.quotes.clone(),
    }
}

/// The first that is due and that nobody else is about to deliver.
async fn first(connection: &mut PgConnection) -> sqlx::Result<Option<Due>> {
    sqlx::query_as(
        "select notification, channel, user_id, position, is_held, in_digest, attempts
           from desk.notification_deliveries
          where due_at <= now()
          order by due_at
          limit 1
            for update skip locked",
    )
    .fetch_optional(connection)
    .await
}

/// All of the digest that `first` belongs to.
async fn rest_of_digest(connection: &mut PgConnection, first: Due) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as(
        "select notification, channel, user_id, position, is_held, in_digest, attempts
           from desk.notification_deliveries
          where user_id = $1 and channel = $2 and in_digest and due_at <= now()
          order by position
          limit 200
            for update skip locked",
    )
    .bind(first.user_id)
    .bind(first.channel)
    .fetch_all(connection)
    .await
}

async fn remove(connection: &mut PgConnection, due: &Due) -> sqlx::Result<()> {
    sqlx::query("delete from desk.notification_deliveries where notification = $1 and channel = $2")
        .bind(due.notification)
        .bind(&due.channel)
        .execute(connection)
        .await?;
    Ok(())
}
