//! One run of a job.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// A run of a job.
#[derive(Serialize, ToSchema, FromRow)]
pub(super) struct ShownRun {
    /// Its identity.
    id: Uuid,
    /// The job.
    #[schema(example = "misuse_daily")]
    name: String,
    /// `schedule` or `manual`.
    #[schema(example = "schedule")]
    trigger: String,
    /// `queued`, `running`, `done`, or `failed` if it could not go on several times.
    #[schema(example = "done")]
    state: String,
    /// Of which day what it finds is.
    for_day: NaiveDate,
    /// It looks at what happened from then on
    window_from: DateTime<Utc>,
    /// and before then.
    window_until: DateTime<Utc>,
    /// The one person that it looks at; none if it is everybody.
    user_id: Option<Uuid>,
    /// Who asked for it; none if it was due.
    requested_by: Option<Uuid>,
    /// When it was put into the queue.
    queued_at: DateTime<Utc>,
    /// When it began.
    began_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// What it came to so far.
    #[sqlx(flatten)]
    statistics: Statistics,
}

/// What a run came to.
#[derive(Serialize, ToSchema, FromRow)]
pub(super) struct Statistics {
    /// How many people there are to look at, once that is known.
    #[schema(example = 40)]
    users_total: Option<i32>,
    /// How many were looked at.
    #[schema(example = 40)]
    users: i32,
    /// How many of them were reported.
    #[schema(example = 1)]
    reports: i32,
    /// How many of them could not be looked at.
    #[schema(example = 0)]
    failures: i32,
}

/// The runs of `desk.job_runs`, as they are shown.
const RUNS: &str =
    "select id, job as name, case when day is null then 'manual' else 'schedule' end as trigger, state,
            for_day, window_from, window_until, user_id, requested_by, queued_at, began_at, ended_at,
            total as users_total, done as users, made as reports, failures
       from desk.job_runs";

/// The newest run of `job`, if there was any.
pub(super) async fn newest(pool: &PgPool, job: &str) -> sqlx::Result<Option<ShownRun>> {
    let query = format!("{RUNS} where job = $1 order by queued_at desc, id desc limit 1");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(job).fetch_optional(pool).await
}

/// Show a run of a job
///
/// Runs are known for 90 days after they ended.
#[utoipa::path(
    get, path = "/admin/jobs/{id}", operation_id = "show_job", tag = "ops",
    params(("id" = Uuid, Path, description = "Which run.")),
    responses((status = 200, description = "The run.", body = ShownRun), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn show(State(desk): State<Desk>, _: Admin, Id(id): Id<Uuid>) -> Answer<Json<ShownRun>> {
    let query = format!("{RUNS} where id = $1");
    let run = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(desk.pool()).await?;
    run.map(Json).ok_or_else(|| Problem::not_found("there is no such run"))
}
