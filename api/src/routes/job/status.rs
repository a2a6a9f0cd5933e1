//! How the jobs stand.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;

use super::shown::{ShownRun, newest};
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded};

/// The jobs of the desk.
#[derive(Serialize, ToSchema)]
pub(super) struct SchedulerStatus {
    /// Each of them.
    jobs: Vec<JobStatus>,
}

/// How a job stands.
#[derive(Serialize, ToSchema)]
pub(super) struct JobStatus {
    /// Its name.
    #[schema(example = "misuse_daily")]
    name: String,
    /// At what time of which zone it is due every day; none if it is done only when somebody asks for it.
    #[schema(example = "02:00 UTC")]
    schedule: Option<String>,
    /// `running`, `queued`, `idle`, or `off` if it is not due by itself.
    #[schema(example = "idle")]
    state: &'static str,
    /// When it is next due.
    next_run_at: Option<DateTime<Utc>>,
    /// Its newest run.
    last_run: Option<ShownRun>,
    /// What all of its runs of the last 90 days came to.
    statistics: Totals,
}

/// What the runs of a job came to.
#[derive(Serialize, ToSchema, FromRow)]
pub(super) struct Totals {
    /// How many were done.
    #[schema(example = 30)]
    runs: i64,
    /// How many could not go on.
    #[schema(example = 0)]
    failed_runs: i64,
    /// How many people were looked at, each time that they were.
    #[schema(example = 1_200)]
    users: i64,
    /// How many reports followed.
    #[schema(example = 3)]
    reports: i64,
    /// How many people could not be looked at.
    #[schema(example = 0)]
    failures: i64,
    #[serde(skip)]
    running: i64,
    #[serde(skip)]
    queued: i64,
}

/// Show how the jobs stand
///
/// What is done once a day, when that was and will be, and what it came to.
#[utoipa::path(
    get, path = "/admin/scheduler-status", operation_id = "show_scheduler_status", tag = "ops",
    responses((status = 200, description = "The jobs.", body = SchedulerStatus), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn status(State(desk): State<Desk>, _: Admin) -> Answer<Json<SchedulerStatus>> {
    let (name, schedule) = (desk.jobs.name(), desk.config.misuse_schedule);
    let statistics = totals(desk.pool(), name).await?;
    let state = match (&statistics, schedule) {
        (Totals { running: 1.., .. }, _) => "running",
        (Totals { queued: 1.., .. }, _) => "queued",
        (_, Some(_)) => "idle",
        (_, None) => "off",
    };
    let job = JobStatus {
        name: name.to_owned(),
        schedule: schedule.map(|daily| daily.to_string()),
        state,
        next_run_at: schedule.and_then(|daily| daily.next(Utc::now())),
        last_run: newest(desk.pool(), name).await?,
        statistics,
    };
    Ok(Json(SchedulerStatus { jobs: vec![job] }))
}

async fn totals(pool: &PgPool, job: &str) -> sqlx::Result<Totals> {
    sqlx::query_as(
        "select count(*) filter (where state = 'done') as runs,
                count(*) filter (where state = 'failed') as failed_runs,
                count(*) filter (where state = 'running') as running,
                count(*) filter (where state = 'queued') as queued,
                coalesce(sum(done), 0)::bigint as users,
                coalesce(sum(made), 0)::bigint as reports,
                coalesce(sum(failures), 0)::bigint as failures
           from desk.job_runs
          where job = $1",
    )
    .bind(job)
    .fetch_one(pool)
    .await
}
