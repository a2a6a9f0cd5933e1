//! How much may be spent in a day, by all nodes together: counted before it is spent.

use chrono::NaiveDate;
use sqlx::PgPool;

/// What a provider puts around a request, in tokens.
const AROUND: u64 = 100;
/// More than any answer takes: whoever says more is not believed.
const MOST: u64 = 1_000_000;

/// The budget of tokens for each day (UTC): a row for all nodes.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    pool: PgPool,
    limit: u64,
}

/// What one request may cost, counted as spent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reserved {
    day: NaiveDate,
    tokens: u64,
}

impl Budget {
    pub(super) fn new(pool: PgPool, limit: u64) -> Self {
        Self { pool, limit }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Counts a request of so many bytes, whose answer has so many tokens at most; none if that could be too much for today. A
    /// token is a byte at least, so what is counted is never too little.
    pub(super) async fn reserve(&self, bytes: usize, longest: u32) -> sqlx::Result<Option<Reserved>> {
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
        Ok(day.map(|day| Reserved { day, tokens }))
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
