//! What came of an attempt, written down.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

/// How long a message waits for its second try, whatever its push service asks for; twice as long before each further one,
const BACK_OFF: Duration = Duration::from_secs(5);
/// but no longer than this,
const LONGEST_BACK_OFF: Duration = Duration::from_mins(15);
/// unless its push service asks for more, and then no longer than this.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// It was taken. That stays for a day, so that who puts the same notice once more puts nothing.
pub(super) async fn taken(pool: &PgPool, id: Uuid, subscription: Uuid) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    // The browser first, as whoever removes it has it.
    sqlx::query("update desk.push_subscriptions set last_used_at = now() where id = $1")
        .bind(subscription)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "update desk.outgoing_push
            set state = 'taken', ended_at = now(), sealed = null, error = null
          where id = $1 and state = 'pending'",
    )
    .bind(id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    tracing::info!(push.id = %id, "A push service took a message");
    metrics::counter!("ledgerdesk_push_sent_total").increment(1);
    Ok(())
}

/// The browser is not registered there any more: it goes, with all that waits for it.
pub(super) async fn gone(pool: &PgPool, subscription: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from desk.push_subscriptions where id = $1").bind(subscription).execute(pool).await?;
    tracing::info!(push.subscription = %subscription, "A push service does not know a browser any more");
    metrics::counter!("ledgerdesk_push_gone_total").increment(1);
    Ok(())
}

/// It is tried again later. A push service that says when to come again is left alone until then with all that is for the
/// browser.
pub(super) async fn put_off(
    pool: &PgPool,
    (id, subscription): (Uuid, Uuid),
    attempts: i32,
    why: &str,
    asked: Option<Duration>,
) -> sqlx::Result<()> {
    let wait = wait(attempts, asked);
    let wait_seconds = wait.as_secs();
    tracing::warn!(push.id = %id, attempts, why, wait_seconds, "A message to a browser has to be sent again");
    metrics::counter!("ledgerdesk_push_put_off_total").increment(1);
    let mut transaction = pool.begin().await?;
    if asked.is_some() {
        sqlx::query(
            "update desk.push_subscriptions
                set quiet_until = greatest(quiet_until, now() + make_interval(secs => $2))
              where id = $1",
        )
        .bind(subscription)
        .bind(wait.as_secs_f64())
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query(
        "update desk.outgoing_push
            set next_attempt_at = now() + make_interval(secs => $2), error = $3
          where id = $1 and state = 'pending'",
    )
    .bind(id)
    .bind(wait.as_secs_f64())
    .bind(why)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// It is tried no more, and that it was stays to be looked at.
pub(super) async fn give_up(pool: &PgPool, id: Uuid, attempts: i32, why: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update desk.outgoing_push
            set state = 'dead', ended_at = now(), sealed = null, error = $2
          where id = $1 and state = 'pending'",
    )
    .bind(id)
    .bind(why)
    .execute(pool)
    .await?;
    gave_up(id, attempts, why);
    Ok(())
}

/// Notes that a message is given up.
pub(super) fn gave_up(id: Uuid, attempts: i32, why: &str) {
    tracing::warn!(push.id = %id, attempts, why, "A message to a browser is given up");
    metrics::counter!("ledgerdesk_push_given_up_total").increment(1);
}

/// Throws it away.
pub(super) async fn drop_one(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from desk.outgoing_push where id = $1").bind(id).execute(pool).await?;
    Ok(())
}

/// Removes what was taken a day ago and what was given up a week ago.
pub(super) async fn sweep(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query(
        "delete from desk.outgoing_push
          where (state = 'taken' and ended_at < now() - interval '1 day')
             or (state = 'dead' and ended_at < now() - interval '7 days')",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// How long a message waits that was tried `attempts` times, and of which the push service said how long it should.
fn wait(attempts: i32, asked: Option<Duration>) -> Duration {
    if let Some(asked) = asked {
        return asked.clamp(BACK_OFF, LONGEST_ASKED);
    }
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
    (BACK_OFF * 2_u32.pow(doublings)).min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_longer_and_longer_but_not_for_ever() {
        let waits: Vec<u64> = [0, 1, 2, 3, 8, 9, 100].map(|attempts| wait(attempts, None).as_secs()).into();
        assert_eq!(waits, [5, 5, 10, 20, 640, 900, 900]);
    }

    #[test]
    fn a_push_service_is_heard_within_reason() {
        let waits = [0, 1, 7, 3_600, 1_000_000].map(|seconds| {
            let asked = Duration::from_secs(seconds);
            wait(9, Some(asked)).as_secs()
        });
        assert_eq!(waits, [5, 5, 7, 3_600, 86_400]);
    }
}
