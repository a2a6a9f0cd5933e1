//! Models that the desk trains itself, from what people said of its tickets, and which of them is in use.
//!
//! The setting `routing_model` names the one in use; 0 is the one that is shipped. So putting another one into use, and going back,
//! are events, and every conclusion names the model that it comes from.

mod learn;
mod promote;
mod retrain;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use engine::Engine;
use engine::routing::Router;
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::learn::{CategoryWorth, LearnError, Worth};
pub use self::promote::{NotPromoted, earlier, promotable};
pub use self::retrain::{DAYS, NotTrained, retrain};
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// The engine with the router that is in use, as last needed.
#[derive(Default)]
pub(crate) struct InUse(Mutex<Option<(i32, Engine)>>);

/// A model that the desk trained; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct TrainedModel {
    /// Its version.
    #[schema(example = 1)]
    pub version: i32,
    /// When it was trained.
    pub trained_at: DateTime<Utc>,
    /// Who had it trained; null for the command line.
    pub trained_by: Option<Uuid>,
    /// It was trained from tickets filed from then on
    pub window_from: DateTime<Utc>,
    /// and before then; those filed from then on were held out
    pub held_out_from: DateTime<Utc>,
    /// until then.
    pub window_until: DateTime<Utc>,
    /// How many tickets it was trained from.
    pub examples: i32,
    /// How many of them a person had moved to another department.
    pub corrections: i32,
    /// How many tickets were held out.
    pub held_out: i32,
    /// Which part of those it routes as people did.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.91)]
    pub accuracy: f64,
    /// Which part of those the model does that was in use when this one was trained.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.84)]
    pub baseline: f64,
    /// `labels`, the departments, and `counts`: for each of them as people said how often each was given.
    #[schema(value_type = Object)]
    pub confusion: Value,
    /// What it learned of categories; null if people said too little of them.
    #[schema(value_type = Option<CategoryWorth>)]
    pub category: Option<Json<CategoryWorth>>,
}

const COLUMNS: &str = "version, trained_at, trained_by, window_from, held_out_from, window_until, examples, corrections, held_out,
     accuracy, baseline, confusion, category";

/// The models that the desk trained, the newest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn all(pool: &PgPool) -> sqlx::Result<Vec<TrainedModel>> {
    let query = format!("select {COLUMNS} from desk.models order by version desc limit 100");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(pool).await
}

/// The engine with the router of this version; with the one that is shipped if there is no such model.
///
/// # Errors
/// The database cannot be reached.
pub async fn engine_with(pool: &PgPool, version: i32) -> sqlx::Result<Engine> {
    let shipped = Engine::shipped();
    if version == 0 {
        return Ok(shipped.clone());
    }
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("select bytes from desk.models where version = $1")
        .bind(version)
        .fetch_optional(pool)
        .await?;
    // A setting that names nothing must not keep tickets from being routed.
    let Some(router) = bytes.and_then(|bytes| Router::from_bytes(&bytes).ok()) else {
        tracing::error!(version, "There is no such model of routing: the one that is shipped is used");
        return Ok(shipped.clone());
    };
    Ok(shipped.with_router(router))
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
        let engine = engine_with(self.pool(), version).await?;
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

impl From<NotTrained> for Problem {
    fn from(error: NotTrained) -> Self {
        match error {
            NotTrained::TooLittle(_) | NotTrained::Raced => Self::conflict(error.code(), error.to_string()),
            NotTrained::Failed(error) => Self::internal(&error),
            NotTrained::Database(error) => error.into(),
        }
    }
}

impl From<NotPromoted> for Problem {
    fn from(error: NotPromoted) -> Self {
        match error {
            NotPromoted::NoModel => Self::not_found("there is no such model"),
            NotPromoted::NotBetter(_) => Self::conflict(error.code(), error.to_string()),
            NotPromoted::Database(error) => error.into(),
        }
    }
}
