//! Training a model of routing from what people put right, and keeping it.

use std::ops::RangeInclusive;

use chrono::{TimeDelta, Utc};
use domain::id::UserId;
use engine::Engine;
use projections::corrections::labelled;
use sqlx::PgPool;
use sqlx::types::Json;

use super::learn::{LearnError, Learned, learn};
use super::{COLUMNS, TrainedModel};

/// How many tickets are learned from: the newest.
const LEARNED_FROM: i64 = 5_000;
/// From tickets of how many days it may be learned.
pub const DAYS: RangeInclusive<u32> = 7..=3_650;

/// Why there is no new model.
#[derive(Debug, thiserror::Error)]
pub enum NotTrained {
    /// There is too little to learn from.
    #[error(transparent)]
    TooLittle(#[from] LearnError),
    /// Another one took its number.
    #[error("another model was trained meanwhile")]
    Raced,
    /// Learning came to no end.
    #[error("learning failed: {0}")]
    Failed(anyhow::Error),
    /// The database cannot be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl NotTrained {
    /// What programs go by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLittle(_) => "TOO_LITTLE_TO_LEARN_FROM",
            Self::Raced => "CONFLICT",
            Self::Failed(_) => "INTERNAL_ERROR",
            Self::Database(_) => "DATABASE_UNAVAILABLE",
        }
    }
}

/// Trains a model that goes on from that of `engine`, from the tickets of the last `days`, and keeps it; it is not in use by that. `by`
/// is who asks for it, none for the command line.
///
/// # Errors
/// There is no new model.
pub async fn retrain(
    pool: &PgPool,
    engine: Engine,
    days: u32,
    by: Option<UserId>,
) -> Result<TrainedModel, NotTrained> {
    let since = Utc::now() - TimeDelta::days(i64::from(days));
    let tickets = labelled(pool, since, LEARNED_FROM).await?;
    let version: i32 =
        sqlx::query_scalar("select coalesce(max(version), 0) + 1 from desk.models").fetch_one(pool).await?;
    // Computing for longer than others should wait for their turn.
    let learning = tokio::task::spawn_blocking(move || learn(&tickets, engine.router(), version));
    let learned = learning.await.map_err(|error| NotTrained::Failed(error.into()))??;
    keep(pool, version, &learned, by).await?.ok_or(NotTrained::Raced)
}

/// Keeps a model under its number; none if another one was kept under it meanwhile.
async fn keep(
    pool: &PgPool,
    version: i32,
    learned: &Learned,
    by: Option<UserId>,
) -> sqlx::Result<Option<TrainedModel>> {
    let query = format!(
        "insert into desk.models (version, bytes, trained_by, window_from, held_out_from, window_until, examples, corrections,
           held_out, accuracy, baseline, confusion, category)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (version) do nothing
         returning {COLUMNS}"
    );
    let worth = &learned.department;
    sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(version)
        .bind(learned.router.to_bytes())
        .bind(by.map(|by| by.0))
        .bind(learned.from)
        .bind(learned.held_out_from)
        .bind(learned.until)
        .bind(count(worth.examples))
        .bind(count(worth.corrections))
        .bind(count(worth.held_out))
        .bind(worth.accuracy)
        .bind(worth.baseline)
        .bind(&worth.confusion)
        .bind(learned.category.as_ref().map(Json))
        .fetch_optional(pool)
        .await
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
