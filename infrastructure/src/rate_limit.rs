//! How many requests a caller may still make, correct over all nodes: they share one count in PostgreSQL.
//!
//! A node takes requests for a caller by the portion and counts in memory until it needs another one. What is taken
//! is counted before it is used, so all nodes together never admit more than is allowed; what a node took and does
//! not use by the end of the window, at most a twentieth, is lost to the caller.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use ring::hmac;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::network::Network;
use crate::secrets::Secret;

/// Of how many callers a node remembers what it took; whoever is forgotten loses what is left of a portion.
const CALLERS_KEPT: u64 = 100_000;
/// How often windows that are over are swept away.
const SWEPT_EVERY: Duration = Duration::from_mins(1);

/// Counts requests.
pub struct RateLimiter {
    pool: PgPool,
    window: Duration,
    shares: Cache<Uuid, Arc<Share>>,
    networks: hmac::Key,
}

/// How a caller stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the request is within what is allowed.
    pub is_admitted: bool,
    /// How many requests are allowed in a window.
    pub limit: u32,
    /// How many are left; what other nodes took counts as used.
    pub remaining: u32,
    /// When the next window begins.
    pub resets_in: Duration,
}

/// What this node took for one caller.
#[derive(Default)]
struct Share {
    counts: Mutex<Option<Counts>>,
    /// Held while more is taken, so that many requests at once take one portion.
    taking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct Counts {
    limit: u32,
    /// How many requests all nodes took, as last heard.
    granted: u32,
    /// How many of them are left here.
    left: u32,
    ends: Instant,
}

impl RateLimiter {
    /// Counts in windows of `window`. Networks are stored as hashes under a key made of `secret`, the same on
    /// every node.
    #[must_use]
    pub fn new(pool: PgPool, window: Duration, secret: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let key = hmac::sign(&key, b"ledgerdesk rate limits of networks");
        Self {
            pool,
            window,
            shares: Cache::builder().max_capacity(CALLERS_KEPT).time_to_idle(window).build(),
            networks: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
        }
    }

    /// How long a window is.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// What the requests of `network` are counted under.
    #[must_use]
    pub fn key_of(&self, network: Network) -> Uuid {
        let hash = hmac::sign(&self.networks, network.to_string().as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hash.as_ref()[..16]);
        Uuid::from_bytes(key)
    }

    /// Counts a request of `caller`, who may make `limit` in a window.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn admit(&self, caller: Uuid, limit: u32) -> sqlx::Result<Standing> {
        let share = self.shares.get_with(caller, Arc::default);
        if let Some(standing) = share.count(limit) {
            return Ok(standing);
        }
        let _taking = share.taking.lock().await;
        loop {
            if let Some(standing) = share.count(limit) {
                return Ok(standing);
            }
            share.begin(self.take(caller, limit).await?);
        }
    }

    /// Takes a portion for `caller` from what all nodes share.
    async fn take(&self, caller: Uuid, limit: u32) -> sqlx::Result<Counts> {
        let (granted, portion, ends_in): (i32, i32, i64) = sqlx::query_as(
            "insert into desk.rate_limits as r (caller, ends_at, granted, portion)
             values ($1, now() + $2 * interval '1 millisecond', desk.portion($3, 0), desk.portion($3, 0))
             on conflict (caller) do update
                set portion = case when r.ends_at > now() then desk.portion($3, r.granted) else excluded.portion end,
                    granted = case when r.ends_at > now() then r.granted + desk.portion($3, r.granted)
                                   else excluded.granted end,
                    ends_at = case when r.ends_at > now() then r.ends_at else excluded.ends_at end
             returning granted, portion, (extract(epoch from ends_at - now()) * 1000)::bigint",
        )
        .bind(caller)
        .bind(f64::from(u32::try_from(self.window.as_millis()).unwrap_or(u32::MAX)))
        .bind(i32::try_from(limit).unwrap_or(i32::MAX))
        .fetch_one(&self.pool)
        .await?;
        let count = |number: i32| number.max(0).unsigned_abs();
        // At least a moment, so that what was taken can be counted.
        let ends_in = Duration::from_millis(ends_in.max(1).unsigned_abs());
        Ok(Counts { limit, granted: count(granted), left: count(portion), ends: Instant::now() + ends_in })
    }

    /// Sweeps away the windows that are over, until `stop`.
    pub async fn sweep(pool: PgPool, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEPT_EVERY) => {}
            }
            let over =
                sqlx::query("delete from desk.rate_limits where ends_at < now() - interval '1 minute'");
            if let Err(error) = over.execute(&pool).await {
                tracing::debug!(%error, "Windows of rate limits could not be swept away");
            }
        }
    }
}

impl Share {
    /// Counts from what was taken.
    fn begin(&self, taken: Counts) {
        *self.counts.lock().expect("no panic while requests are counted") = Some(taken);
    }

    /// Counts a request; none if more has to be taken first, to know.
    fn count(&self, limit: u32) -> Option<Standing> {
        let mut counts = self.counts.lock().expect("no panic while requests are counted");
        let now = Instant::now();
        let counts = counts.as_mut().filter(|counts| counts.limit == limit && now < counts.ends)?;
        let is_admitted = counts.left > 0;
        if !is_admitted && counts.granted < limit {
            return None;
        }
        counts.left = counts.left.saturating_sub(1);
        let remaining = limit.saturating_sub(counts.granted).saturating_add(counts.left);
        let remaining = if is_admitted { remaining.min(limit) } else { 0 };
        Some(Standing { is_admitted, limit, remaining, resets_in: counts.ends - now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(granted: u32, left: u32, ends_in: Duration) -> Share {
        let counts = Counts { limit: 100, granted, left, ends: Instant::now() + ends_in };
        Share { counts: Mutex::new(Some(counts)), ..Share::default() }
    }

    #[test]
    fn what_was_taken_is_used_up_and_then_more_is_needed() {
        let share = share(10, 2, Duration::from_mins(1));
        let remaining = || share.count(100).map(|standing| (standing.is_admitted, standing.remaining));
        assert_eq!(remaining(), Some((true, 91)));
        assert_eq!(remaining(), Some((true, 90)));
        assert_eq!(remaining(), None);
    }

    #[test]
    fn whoever_used_everything_up_is_refused_until_the_window_is_over() {
        let exhausted = share(100, 1, Duration::from_mins(1));
        let admitted = || exhausted.count(100).map(|standing| (standing.is_admitted, standing.remaining));
        assert_eq!(
            [admitted(), admitted(), admitted()],
            [Some((true, 0)), Some((false, 0)), Some((false, 0))]
        );
        assert_eq!(share(100, 5, Duration::ZERO).count(100), None, "the window is over");
        assert_eq!(share(100, 5, Duration::from_mins(1)).count(3_000), None, "another limit");
    }
}
