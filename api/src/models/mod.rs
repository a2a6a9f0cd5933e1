//! Models that the desk trains itself, from what people said of its tickets, and which of them is in use.
//!
//! The setting `routing_model` names the one in use; 0 is the one that is shipped. So putting another one into use, and going back,
//! are events, and every conclusion names the model that it comes from.

mod learn;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::id::UserId;
use engine::Engine;
use engine::routing::Router;
use serde::Serialize;
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use self::learn::{LearnError, Learned, learn};
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// The engine with the router that is in use, as last needed.
#[derive(Default)]
pub(crate) struct InUse(Mutex<Option<(i32, Engine)>>);

/// A model that the desk trained; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub(crate) struct TrainedModel {
    /// Its version.
    #[schema(example = 1)]
    pub(crate) version: i32,
    /// When it was trained.
    pub(crate) trained_at: DateTime<Utc>,
    /// Who had it trained.
    pub(crate) trained_by: Uuid,
    /// It was trained from tickets filed from then on
    pub(crate) window_from: DateTime<Utc>,
    /// and before then; those filed from then on were held out
    pub(crate) held_out_from: DateTime<Utc>,
    /// until then.
    pub(crate) window_until: DateTime<Utc>,
    /// How many tickets it was trained from.
    pub(crate) examples: i32,
    /// How many of them a person had moved to another department.
    pub(crate) corrections: i32,
    /// How many tickets were held out.
    pub(crate) held_out: i32,
    /// Which part of those it routes as people did.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.91)]
    pub(crate) accuracy: f64,
    /// Which part of those the model does that was in use when this one was trained.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.84)]
    pub(crate) baseline: f64,
    /// `labels`, the departments, and `counts`: for each of them as people said how often each was given.
    #[schema(value_type = Object)]
    pub(crate) confusion: Value,
}

const COLUMNS: &str = "version, trained_at, trained_by, window_from, held_out_from, window_until, examples, corrections, held_out,
     accuracy, baseline, confusion";

/// The models that the desk trained, the newest first.
pub(crate) async fn all(pool: &PgPool) -> sqlx::Result<Vec<TrainedModel>> {
    let query = format!("select {COLUMNS} from desk.models order by version desc limit 100");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(pool).await
}

/// One of them.
pub(crate) async fn find(pool: &PgPool, version: i32) -> sqlx::Result<Option<TrainedModel>> {
    let query = format!("select {COLUMNS} from desk.models where version = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(version).fetch_optional(pool).await
}

/// The number of the next model.
pub(crate) async fn next(pool: &PgPool) -> sqlx::Result<i32> {
    sqlx::query_scalar("select coalesce(max(version), 0) + 1 from desk.models").fetch_one(pool).await
}

/// Keeps a model under its number; none if another one was kept under it meanwhile.
pub(crate) async fn keep(
    pool: &PgPool,
    version: i32,
    learned: &Learned,
    by: UserId,
) -> sqlx::Result<Option<TrainedModel>> {
    let query = format!(
        "insert into desk.models (version, bytes, trained_by, window_from, held_out_from, window_until, examples, corrections,
           held_out, accuracy, baseline, confusion)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (version) do nothing
         returning {COLUMNS}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(version)
        .bind(learned.router.to_bytes())
        .bind(by.0)
        .bind(learned.from)
        .bind(learned.held_out_from)
        .bind(learned.until)
        .bind(count(learned.examples))
        .bind(count(learned.corrections))
        .bind(count(learned.held_out))
        .bind(learned.accuracy)
        .bind(learned.baseline)
        .bind(&learned.confusion)
        .fetch_optional(pool)
        .await
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl Desk {
    /// The engine with the router that is in use.
    ///
    /// # Errors
    /// The log or the database cannot be read, or there is no such model.
    pub(crate) async fn engine(&self) -> Answer<Engine> {
        let version = self.settings().await?.routing_model();
        if let Some(engine) = self.routing_model.kept(version) {
            return Ok(engine);
        }
        let shipped = Engine::shipped();
        let engine = if version == 0 {
            shipped.clone()
        } else {
            let bytes: Option<Vec<u8>> =
                sqlx::query_scalar("select bytes from desk.models where version = $1")
                    .bind(version)
                    .fetch_optional(self.pool())
                    .await?;
            let router = bytes.and_then(|bytes| Router::from_bytes(&bytes).ok());
            // A setting that names nothing must not keep tickets from being routed.
            router.map_or_else(
                || {
                    tracing::error!(
                        version,
                        "There is no such model of routing: the one that is shipped is used"
                    );
                    shipped.clone()
                },
                |router| shipped.with_router(router),
            )
        };
        self.routing_model.keep(version, &engine);
        Ok(engine)
    }
}

impl InUse {
    fn kept(&self, version: i32) -> Option<Engine> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept, _)| *kept == version).map(|(_, engine)| engine.clone())
    }

    fn keep(&self, version: i32, engine: &Engine) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, engine.clone()));
    }
}

impl From<LearnError> for Problem {
    fn from(error: LearnError) -> Self {
        Self::conflict("TOO_LITTLE_TO_LEARN_FROM", error.to_string())
    }
}
