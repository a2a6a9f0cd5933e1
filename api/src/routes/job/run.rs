//! Running a job now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::auth::Admin;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::routes::misuse::{Queued, ask};

/// Run a job now
///
/// Besides its runs by the schedule, which stay due as they are. `misuse_daily` looks at what was filed in the last 24 hours.
#[utoipa::path(
    post, path = "/admin/jobs/{name}/run", operation_id = "run_job", tag = "ops",
    params(("name" = String, Path, description = "Which job, as `GET /admin/scheduler-status` names it.")),
    responses((status = 202, description = "It will be done.", body = Queued), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn run(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(name): Id<String>,
) -> Answer<impl IntoResponse> {
    if name != desk.jobs.name() {
        return Err(Problem::not_found("there is no such job"));
    }
    Ok((StatusCode::ACCEPTED, Json(ask(&desk, &request, None, None).await?)))
}
