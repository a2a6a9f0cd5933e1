//! How far the read models have come.

use axum::extract::State;
use chrono::{DateTime, Utc};
use infrastructure::projection::{Detail, Reached, details};
use serde::Serialize;
use utoipa::ToSchema;

use super::Chosen;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::rebuilds::Ended;

/// All read models.
#[derive(Serialize, ToSchema)]
pub(super) struct Projections {
    /// By name.
    projections: Vec<Projection>,
}

/// A read model.
#[derive(Serialize, ToSchema)]
pub(super) struct Projection {
    /// Its name.
    #[schema(example = "ticket_list")]
    name: String,
    /// Everything up to this position is visible.
    #[schema(example = 4711)]
    position: i64,
    /// How many events it is behind.
    lag_events: i64,
    /// For how many seconds the oldest event it has not taken has been in the log.
    lag_seconds: f64,
    /// How many events it could not take.
    parked: i64,
    /// What is done with it.
    state: Work,
    /// How many events per second a rebuild by this process folds; none if none runs.
    events_per_second: Option<f64>,
    /// How far a rebuild by this process has come.
    rebuild: Option<Running>,
    /// How the last rebuild by this process ended.
    last_rebuild: Option<Last>,
    /// The tables that the last rebuild replaced, while they are kept.
    previous: Option<Previous>,
}

/// What is done with a read model.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProjectionWork)]
enum Work {
    /// It follows the log.
    Live,
    /// It follows the log, and is rebuilt or verified beside that, by this process or another.
    Rebuilding,
}

/// A rebuild under way.
#[derive(Serialize, ToSchema)]
#[schema(as = ProjectionRebuild)]
struct Running {
    /// What it is doing.
    #[schema(example = "folding")]
    phase: &'static str,
    /// How many events are folded.
    folded: i64,
    /// Of how many.
    of: i64,
    /// How many it folds per second.
    events_per_second: f64,
    /// How long it still takes, in seconds; none while nothing is known.
    seconds_left: Option<f64>,
}

/// How a rebuild ended.
#[derive(Serialize, ToSchema)]
#[schema(as = ProjectionRebuilt)]
struct Last {
    /// `done`, or `failed` for reasons that are in the service's log.
    #[schema(example = "done")]
    outcome: &'static str,
    /// When.
    ended_at: DateTime<Utc>,
    /// How many events it folded.
    events: Option<i64>,
    /// How long it took.
    seconds: Option<f64>,
    /// How many events it folded per second.
    events_per_second: Option<f64>,
    /// The tables in which the live read model was not what the new one is.
    different: Vec<&'static str>,
}

/// Tables that were replaced.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviousProjection)]
struct Previous {
    /// How far they had come.
    position: i64,
    /// When.
    replaced_at: DateTime<Utc>,
}

impl Projection {
    fn of(detail: Detail, desk: &Desk) -> Self {
        let (running, last) = desk.rebuilds.of(&detail.status.model);
        let at_work = running.is_some() || detail.claimed;
        let previous = detail.previous_position.zip(detail.replaced_at);
        Self {
            position: detail.status.position,
            lag_events: detail.status.lag_events,
            lag_seconds: detail.status.lag_seconds,
            parked: detail.status.parked,
            name: detail.status.model,
            state: if at_work { Work::Rebuilding } else { Work::Live },
            events_per_second: running.map(|reached| reached.events_per_second()),
            rebuild: running.map(Running::from),
            last_rebuild: last.map(Last::from),
            previous: previous.map(|(position, replaced_at)| Previous { position, replaced_at }),
        }
    }
}

impl From<Reached> for Running {
    fn from(reached: Reached) -> Self {
        Self {
            phase: reached.phase.into(),
            folded: reached.folded,
            of: reached.of,
            events_per_second: reached.events_per_second(),
            seconds_left: reached.seconds_left(),
        }
    }
}

impl From<Ended> for Last {
    fn from(ended: Ended) -> Self {
        let rebuilt = ended.rebuilt.as_ref();
        let compared = rebuilt.and_then(|rebuilt| rebuilt.compared.as_ref());
        let different = compared.into_iter().flatten().filter(|table| !table.equal);
        Self {
            outcome: if rebuilt.is_some() { "done" } else { "failed" },
            ended_at: ended.at,
            events: rebuilt.map(|rebuilt| rebuilt.events),
            seconds: rebuilt.map(|rebuilt| rebuilt.took.as_secs_f64()),
            events_per_second: rebuilt.map(infrastructure::projection::Rebuilt::events_per_second),
            different: different.map(|table| table.table).collect(),
        }
    }
}

/// List the read models
///
/// With how far each has come, and whether it is being rebuilt.
#[utoipa::path(
    get, path = "/projections", operation_id = "list_projections", tag = "ops",
    responses((status = 200, description = "The read models.", body = Projections), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: Admin) -> Answer<Json<Projections>> {
    let all = details(desk.pool()).await?;
    let projections = all.into_iter().map(|detail| Projection::of(detail, &desk)).collect();
    Ok(Json(Projections { projections }))
}

/// Show a read model
///
/// With how far a rebuild has come, or how the last one ended, as far as this process ran it.
#[utoipa::path(
    get, path = "/projections/{name}", operation_id = "show_projection", tag = "ops",
    params(("name" = String, Path, description = "The read model.", example = "ticket_list")),
    responses(
        (status = 200, description = "The read model.", body = Projection),
        Guarded, Forbidden, Missing,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: Admin,
    Chosen(model): Chosen,
) -> Answer<Json<Projection>> {
    let all = details(desk.pool()).await?;
    let found = all.into_iter().find(|detail| detail.status.model == model.name());
    let detail = found.ok_or_else(|| Problem::not_found("this read model is not kept yet"))?;
    Ok(Json(Projection::of(detail, &desk)))
}
