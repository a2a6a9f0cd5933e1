//! To whom tickets can be assigned.

use axum::extract::State;
use domain::access::Department;
use projections::user_directory::{self, ListedAgent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::query::Query;

/// Which agents.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those who work for this department; administrators work for all.
    #[param(example = "IT")]
    department: Option<Department>,
}

/// Those to whom tickets can be assigned.
#[derive(Serialize, ToSchema)]
pub(super) struct Agents {
    /// By name.
    agents: Vec<ListedAgent>,
}

/// List agents
///
/// Everybody to whom tickets can be assigned, with whether they take tickets and how many they have.
#[utoipa::path(
    get, path = "/agents", operation_id = "list_agents", tag = "users", params(Which),
    responses((status = 200, description = "Agents.", body = Agents), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn agents(
    State(desk): State<Desk>,
    _: Staff,
    Query(which): Query<Which>,
) -> Answer<Json<Agents>> {
    let agents = user_directory::agents(desk.pool(), which.department.as_ref()).await?;
    Ok(Json(Agents { agents }))
}
