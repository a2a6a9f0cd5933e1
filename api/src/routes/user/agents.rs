//! To whom tickets can be assigned.

use axum::extract::State;
use domain::access::{Department, Role};
use domain::id::UserId;
use projections::user_directory;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded};

/// Somebody to whom tickets can be assigned.
#[derive(Serialize, ToSchema)]
pub(super) struct Agent {
    /// Their identity.
    id: UserId,
    /// Their name.
    #[schema(example = "ivan")]
    username: String,
    /// What they may do.
    role: Role,
    /// The departments they work for; an administrator works for all.
    departments: Vec<Department>,
}

/// Those to whom tickets can be assigned.
#[derive(Serialize, ToSchema)]
pub(super) struct Agents {
    /// By name.
    agents: Vec<Agent>,
}

/// List agents
///
/// Everybody to whom tickets can be assigned.
#[utoipa::path(
    get, path = "/agents", operation_id = "list_agents", tag = "users",
    responses((status = 200, description = "Agents.", body = Agents), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn agents(State(desk): State<Desk>, _: Staff) -> Answer<Json<Agents>> {
    let agents = user_directory::agents(desk.pool()).await?.into_iter().map(|user| Agent {
        id: user.id,
        username: user.username,
        role: user.role,
        departments: user.departments,
    });
    Ok(Json(Agents { agents: agents.collect() }))
}
