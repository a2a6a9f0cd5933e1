//! Looking for misuse now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::TimeDelta;
use domain::access::Role;
use domain::id::UserId;
use infrastructure::jobs::Asked as AskedFor;
use projections::user_directory::by_id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Admin;
use crate::body::{Json, OptionalJson};
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::misuse;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// How long a while is looked at, in hours: without saying so, and at most.
const WINDOW: u32 = 24;
const LONGEST: u32 = 720;

/// What to look at.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trigger {
    /// Only what this person filed; without it what every requester filed.
    user_id: Option<UserId>,
    /// What was filed in so many hours before now; 24 without it.
    #[schema(minimum = 1, maximum = 720, example = 24)]
    window_hours: Option<u32>,
}

/// A run of a job that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Queued {
    /// Its identity: `GET /admin/jobs/{id}` says how far it has come.
    job_id: Uuid,
}

/// Look for misuse now
///
/// As every day at the time of `MISUSE_SCHEDULE`: it is done in the background, and a person about whom there is a report of today
/// is not reported again. Staff are not suspected.
#[utoipa::path(
    post, path = "/admin/trigger-misuse-detection", operation_id = "trigger_misuse_detection", tag = "misuse",
    request_body = Option<Trigger>,
    responses(
        (status = 202, description = "It will be done.", body = Queued),
        Guarded, Forbidden, Missing, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn trigger(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    OptionalJson(body): OptionalJson<Trigger>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let hours = body.window_hours.unwrap_or(WINDOW);
    if !(1..=LONGEST).contains(&hours) {
        errors.add("window_hours", "invalid", format!("must be 1 to {LONGEST}"));
    }
    errors.finish()?;
    if let Some(user) = body.user_id {
        let found = by_id(desk.pool(), user).await?;
        let found = found.ok_or_else(|| Problem::not_found("there is no such person"))?;
        if found.role != Role::User || found.is_service {
            let mut errors = ValidationErrors::default();
            errors.add("user_id", "invalid", "must be a requester: staff and programs are not suspected");
            return Err(errors.into());
        }
    }
    Ok((StatusCode::ACCEPTED, Json(ask(&desk, &request, body.user_id, Some(hours)).await?)))
}

/// Asks for a run that looks at what was filed in so many hours before now, or in as many as every day. The same request asks
/// for one run, however often it is sent.
pub(in crate::routes) async fn ask(
    desk: &Desk,
    request: &application::Request,
    user: Option<UserId>,
    hours: Option<u32>,
) -> Answer<Queued> {
    let until = request.at;
    let asked = AskedFor {
        id: request.command_id,
        for_day: misuse::day(desk.config.misuse_schedule, until),
        from: until - TimeDelta::hours(i64::from(hours.unwrap_or(WINDOW))),
        until,
        user,
        by: request.by.person(),
    };
    desk.jobs.ask(&asked).await?;
    Ok(Queued { job_id: asked.id })
}
