//! How far durable consumers are; forgetting one.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, no_consumer};
use crate::auth::EventReader;
use crate::body::Json;
use crate::consumers::{self, Consumer, Name};
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Missing};

/// All durable consumers.
#[derive(Serialize, ToSchema)]
pub(super) struct Consumers {
    /// By name.
    consumers: Vec<Consumer>,
}

/// List durable consumers
///
/// Each with how far it is and how far it lags behind.
#[utoipa::path(
    get, path = "/consumers", operation_id = "list_consumers", tag = "events",
    responses((status = 200, description = "The consumers.", body = Consumers), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: EventReader) -> Answer<Json<Consumers>> {
    Ok(Json(Consumers { consumers: consumers::all(desk.pool()).await? }))
}

/// Show a durable consumer
#[utoipa::path(
    get, path = "/consumers/{name}", operation_id = "show_consumer", tag = "events",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The consumer.", body = Consumer), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: EventReader,
    Id(name): Id<Name>,
) -> Answer<Json<Consumer>> {
    Ok(Json(find(&desk, &name).await?))
}

/// Forget a durable consumer
#[utoipa::path(
    delete, path = "/consumers/{name}", operation_id = "remove_consumer", tag = "events",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 204, description = "Forgotten."), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn remove(
    State(desk): State<Desk>,
    _: EventReader,
    Id(name): Id<Name>,
) -> Answer<StatusCode> {
    let removed = consumers::remove(desk.pool(), &name).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(no_consumer()) }
}
