//! Whether agents take tickets, and how many at a time.

use application::Request;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::user::{Capacity, UserCommand};
use projections::user_directory::agent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Admin, Staff};
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};
use crate::routes::ticket::given;

/// Whether somebody takes tickets, how many at a time, and how many they have.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct Availability {
    /// Whether they take tickets.
    is_available: bool,
    /// How many they have at a time before no more are assigned to them.
    #[schema(example = 20)]
    capacity: i32,
    /// How many they have that are open, assigned, in progress or waiting for the requester.
    #[schema(example = 3)]
    active_count: i64,
}

/// Whether somebody is to take tickets, and how many at a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetAvailability {
    /// Whether they take tickets.
    is_available: bool,
    /// How many at a time; left out it stays as it is, which is 20 if nobody ever said otherwise.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 1, maximum = 1000, example = 20)]
    capacity: Option<u16>,
}

/// What `id` has said, with the version of their account; none for whom no tickets are.
pub(in crate::routes) async fn availability_of(
    desk: &Desk,
    id: UserId,
) -> Answer<Option<(i32, Availability)>> {
    let agent = agent(desk.pool(), id).await?;
    Ok(agent.map(|agent| {
        let (is_available, capacity) = (agent.is_available, agent.capacity);
        (agent.version, Availability { is_available, capacity, active_count: agent.active_count })
    }))
}

async fn shown(desk: &Desk, id: UserId) -> Answer<(Version, Json<Availability>)> {
    let found = availability_of(desk, id).await?;
    let (version, availability) = found.ok_or_else(|| Problem::not_found("there is no such agent"))?;
    Ok((Version(version), Json(availability)))
}

async fn set(
    desk: &Desk,
    request: &Request,
    id: UserId,
    body: SetAvailability,
) -> Answer<impl IntoResponse + use<>> {
    let mut errors = ValidationErrors::default();
    let capacity = body.capacity.and_then(|capacity| errors.check("capacity", Capacity::parse(capacity)));
    errors.finish()?;
    let command = UserCommand::SetAvailability { is_available: Some(body.is_available), capacity };
    let done = desk.commands.user(request, id, command).await?;
    let settled = desk.settled(done).await?;
    let (version, body) = shown(desk, id).await?;
    Ok((version, settled, body))
}

/// Show one's availability
#[utoipa::path(
    get, path = "/me/availability", operation_id = "show_my_availability", tag = "users",
    responses((status = 200, description = "The caller's.", body = Availability), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn show_mine(State(desk): State<Desk>, Staff(signed): Staff) -> Answer<impl IntoResponse> {
    shown(&desk, signed.user).await
}

/// Set one's availability
///
/// Whoever takes no tickets, or has as many as they can, is assigned no more, unless by an administrator with `force`.
/// They can still claim what they like, and keep what they have.
#[utoipa::path(
    put, path = "/me/availability", operation_id = "set_my_availability", tag = "users",
    responses(
        (status = 200, description = "The caller's.", body = Availability),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn set_mine(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Asked(request): Asked,
    Json(body): Json<SetAvailability>,
) -> Answer<impl IntoResponse> {
    set(&desk, &request, signed.user, body).await
}

/// Show an agent's availability
#[utoipa::path(
    get, path = "/agents/{id}/availability", operation_id = "show_agent_availability", tag = "users",
    params(("id" = Uuid, Path, description = "The agent or administrator.")),
    responses((status = 200, description = "The agent's.", body = Availability), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["users:read"])),
)]
pub(super) async fn show_theirs(
    State(desk): State<Desk>,
    _: Admin,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    shown(&desk, id).await
}

/// Set an agent's availability
///
/// Administrators may, as the agents themselves do.
#[utoipa::path(
    put, path = "/agents/{id}/availability", operation_id = "set_agent_availability", tag = "users",
    params(("id" = Uuid, Path, description = "The agent or administrator.")),
    responses(
        (status = 200, description = "The agent's.", body = Availability),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:write"])),
)]
pub(super) async fn set_theirs(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<UserId>,
    Json(body): Json<SetAvailability>,
) -> Answer<impl IntoResponse> {
    set(&desk, &request, id, body).await
}
