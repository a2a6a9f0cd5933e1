//! How much may be spent in a day, and how fast, by all nodes together: counted before it is spent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::rate_limit::RateLimiter;
use crate::secrets::Secret;

/// What a provider puts around a request, in tokens.
const AROUND: u64 = 100;
/// More than any answer takes: whoever says more is not believed.
const MOST: u64 = 1_000_000;

/// What the requests of all nodes are counted under, among the callers of the desk.
const COUNTED_AS: Uuid = Uuid::from_u128(0x6c61_6e67_7561_4765_8d6f_6465_6c00_0001);
/// How long requests are counted before the count begins anew.
const MINUTE: Duration = Duration::from_mins(1);

/// The budget of tokens for each day (UTC), a row for all nodes, and how many requests a minute may have.
pub(super) struct Budget {
    pool: PgPool,
    limit: u64,
    pace: RateLimiter,
    per_minute: u32,
    /// The day that is known to be spent.
    spent: Mutex<Option<NaiveDate>>,
}

/// Why a request is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It could be too much for today.
    Spent,
    /// It would be one too many for this minute.
    TooFast,
}

/// What one request may cost, counted as spent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reserved {
    day: NaiveDate,
    tokens: u64,
}

impl Budget {
    pub(super) fn new(pool: PgPool, limit: u64, per_minute: u32) -> Self {
        // No network is counted here, so nothing is hashed under a secret.
        let pace = RateLimiter::new(pool.clone(), MINUTE, &Secret::new(String::new()));
        Self { pool, limit, pace, per_minute, spent: Mutex::default() }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Whether this process was refused a request today because it could have been too much.
    pub(super) fn is_spent(&self) -> bool {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) == Some(Utc::now().date_naive())
    }

    /// Counts a request of so many bytes, whose answer has so many tokens at most, unless that could be too much. A token is a byte
    /// at least, so what is counted is never too little.
    pub(super) async fn reserve(
        &self,
        bytes: usize,
        longest: u32,
    ) -> sqlx::Result<Result<Reserved, Refused>> {
        if !self.pace.admit(COUNTED_AS, self.per_minute).await?.is_admitted {
            return Ok(Err(Refused::TooFast));
        }
        let tokens = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(u64::from(longest) + AROUND);
        let day: Option<NaiveDate> = sqlx::query_scalar(
            "insert into desk.language_model_usage as u (day, tokens, requests)
             select (now() at time zone 'utc')::date, $1::bigint, 1
              where $1::bigint <= $2::bigint
                 on conflict (day) do update
                set tokens = u.tokens + excluded.tokens, requests = u.requests + 1
              where u.tokens + excluded.tokens <= $2::bigint
          returning day",
        )
        .bind(number(tokens))
        .bind(number(self.limit))
        .fetch_optional(&self.pool)
        .await?;
        if day.is_none() {
            self.note_spent();
        }
        Ok(day.map(|day| Reserved { day, tokens }).ok_or(Refused::Spent))
    }

    /// Operators are told once a day, not with each question.
    fn note_spent(&self) {
        let today = Utc::now().date_naive();
        let noted = self.spent.lock().unwrap_or_else(PoisonError::into_inner).replace(today);
        if noted != Some(today) {
            let limit = self.limit;
            tracing::warn!(limit, "What may be spent on the language model today is spent");
        }
    }

    /// Counts what a request did cost instead of what it might have; without a number that stays. Gives what is counted.
    pub(super) async fn settle(&self, reserved: Reserved, tokens: Option<u64>) -> sqlx::Result<u64> {
        let Some(tokens) = tokens.map(|tokens| tokens.min(MOST)) else { return Ok(reserved.tokens) };
        sqlx::query("update desk.language_model_usage set tokens = greatest(tokens + $2, 0) where day = $1")
            .bind(reserved.day)
            .bind(number(tokens) - number(reserved.tokens))
            .execute(&self.pool)
            .await?;
        Ok(tokens)
    }

    /// How many tokens are spent today, with what is under way.
    pub(super) async fn spent(&self) -> sqlx::Result<u64> {
        let spent: Option<i64> = sqlx::query_scalar(
            "select tokens from desk.language_model_usage where day = (now() at time zone 'utc')::date",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(spent.and_then(|spent| u64::try_from(spent).ok()).unwrap_or_default())
    }
}

fn number(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
