//! What came of an attempt, written down.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::message::Tried;

/// How long a delivery waits for its next try, by how often it was tried; every hour after that.
const WAITS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
];
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How often a message is tried at least before it is given up: one that waited for days behind another, or while nobody
/// sent, has its chance still.
const FEWEST_TRIES: i32 = 5;
/// After so many failures in a row a receiver counts as down: when it is up again, nothing waits any longer.
const DOWN: i32 = 3;

/// It was taken. If the receiver was down, everything that waits for it is due now.
pub(super) async fn delivered(pool: &PgPool, (id, webhook): (Uuid, Uuid), tried: &Tried) -> sqlx::Result<()> {
    sqlx::query(
        "update desk.webhook_deliveries
            set state = 'delivered', ended_at = now(), status = $2, error = null, duration_ms = $3
          where id = $1 and state = 'pending'",
    )
    .bind(id)
    .bind(tried.status.map(i32::from))
    .bind(milliseconds(tried))
    .execute(pool)
    .await?;
    metrics::counter!("ledgerdesk_webhook_delivered_total").increment(1);
    let failures: Option<i32> = sqlx::query_scalar(
        "with was as (select failures from desk.webhook_progress where webhook = $1 and failures > 0 for update)
         update desk.webhook_progress p
            set failures = 0
           from was
          where p.webhook = $1
      returning was.failures",
    )
    .bind(webhook)
    .fetch_optional(pool)
    .await?;
    if failures.is_some_and(|failures| failures >= DOWN) {
        sqlx::query(
            "update desk.webhook_deliveries
                set next_attempt_at = now()
              where webhook = $1 and state = 'pending' and next_attempt_at > now()",
        )
        .bind(webhook)
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// It was not taken: it is tried again later, unless that went on for three days. A receiver that says when to come again
/// is left alone until then with all its messages.
pub(super) async fn failed(
    pool: &PgPool,
    (id, webhook): (Uuid, Uuid),
    attempts: i32,
    tried: &Tried,
) -> sqlx::Result<()> {
    let asked = tried.retry_after.map(|asked| asked.min(LONGEST_WAIT));
    let wait = asked.unwrap_or_else(|| back_off(attempts));
    let why = tried.failure.map_or("", <&str>::from);
    let state: Option<String> = sqlx::query_scalar(
        "update desk.webhook_deliveries
            set status = $2, error = $3, duration_ms = $4, next_attempt_at = now() + make_interval(secs => $5),
                state = case when given_up then 'dead' else 'pending' end,
                ended_at = case when given_up then now() end
           from (select queued_at < now() - interval '3 days' and attempts >= $6 as given_up
                   from desk.webhook_deliveries
                  where id = $1) so
          where id = $1 and state = 'pending'
      returning state",
    )
    .bind(id)
    .bind(tried.status.map(i32::from))
    .bind(why)
    .bind(milliseconds(tried))
    .bind(wait.as_secs_f64())
    .bind(FEWEST_TRIES)
    .fetch_optional(pool)
    .await?;
    sqlx::query(
        "update desk.webhook_progress
            set failures = failures + 1,
                quiet_until = greatest(quiet_until, now() + make_interval(secs => $2))
          where webhook = $1",
    )
    .bind(webhook)
    .bind(asked.map(|asked| asked.as_secs_f64()))
    .execute(pool)
    .await?;
    metrics::counter!("ledgerdesk_webhook_failed_total").increment(1);
    if state.as_deref() == Some("dead") {
        metrics::counter!("ledgerdesk_webhook_given_up_total").increment(1);
        tracing::error!(webhook.id = %webhook, delivery.id = %id, attempts, why, "A webhook's message is given up");
    } else {
        let wait_seconds = wait.as_secs();
        tracing::warn!(webhook.id = %webhook, delivery.id = %id, attempts, why, wait_seconds,
            "A webhook's message has to be sent again");
    }
    Ok(())
}

fn milliseconds(tried: &Tried) -> i32 {
    i32::try_from(tried.duration.as_millis()).unwrap_or(i32::MAX)
}

/// How long a delivery waits that was tried `attempts` times: a fifth more or less, so that not all come at once.
fn back_off(attempts: i32) -> Duration {
    let tried = usize::try_from(attempts.max(1) - 1).unwrap_or_default();
    let wait = WAITS.get(tried).copied().unwrap_or(LONGEST_WAIT);
    let chance = u32::try_from(Uuid::new_v4().as_u128() % 4_001).unwrap_or_default();
    wait.mul_f64(0.8 + f64::from(chance) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_waits_longer_and_longer_and_not_always_alike() {
        for (attempts, seconds) in
            [(0, 5), (1, 5), (2, 30), (3, 120), (4, 600), (5, 1_800), (6, 3_600), (99, 3_600)]
        {
            let waits: Vec<Duration> = (0..200).map(|_| back_off(attempts)).collect();
            let wanted = Duration::from_secs(seconds);
            let near = |wait: &Duration| *wait >= wanted.mul_f64(0.8) && *wait <= wanted.mul_f64(1.2);
            assert!(waits.iter().all(near), "{attempts}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{attempts}");
        }
    }
}
