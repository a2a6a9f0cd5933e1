//! What each kind of person sees first.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::access::Sight;
use domain::id::UserId;
use projections::ticket_search::count_by_status;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Admin, Signed, Staff};
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded};
use crate::routes::user::{Availability, availability_of};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(user_home)).routes(routes!(agent_home)).routes(routes!(admin_home))
}

/// How many tickets there are.
#[derive(Serialize, ToSchema)]
struct TicketCounts {
    /// All together.
    #[schema(example = 3)]
    total: i64,
    /// By status; one without tickets is left out.
    by_status: BTreeMap<String, i64>,
}

/// A requester's home.
#[derive(Serialize, ToSchema)]
struct UserHome {
    /// Who.
    user_id: UserId,
    /// Their own tickets.
    tickets: TicketCounts,
    /// Help without waiting for anybody.
    self_serve: SelfServe,
}

/// Help without waiting for anybody.
#[derive(Serialize, ToSchema)]
struct SelfServe {
    /// The bot's name.
    #[schema(example = "Self-Serve Bot")]
    bot: &'static str,
    /// What it is good for.
    #[schema(example = "Ask the Self-Serve Bot first: it answers common questions at once.")]
    hint: &'static str,
}

const SELF_SERVE: SelfServe = SelfServe {
    bot: "Self-Serve Bot",
    hint: "Ask the Self-Serve Bot first: it answers common questions at once.",
};

/// An agent's or administrator's home.
#[derive(Serialize, ToSchema)]
struct DeskHome {
    /// Who.
    user_id: UserId,
    /// The tickets they see.
    tickets: TicketCounts,
    /// Whether they take tickets, how many at a time, and how many they have.
    availability: Option<Availability>,
}

/// Show a requester's home
#[utoipa::path(
    get, path = "/user/home", operation_id = "user_home", tag = "home",
    responses((status = 200, description = "The caller's own tickets, and the bot.", body = UserHome), Guarded),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn user_home(State(desk): State<Desk>, signed: Signed) -> Answer<Json<UserHome>> {
    let tickets = counts(&desk, &Sight::Own(signed.user)).await?;
    Ok(Json(UserHome { user_id: signed.user, tickets, self_serve: SELF_SERVE }))
}

/// Show an agent's home
#[utoipa::path(
    get, path = "/agent/home", operation_id = "agent_home", tag = "home",
    responses((status = 200, description = "The tickets the caller sees.", body = DeskHome), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn agent_home(State(desk): State<Desk>, Staff(signed): Staff) -> Answer<Json<DeskHome>> {
    let tickets = counts(&desk, &signed.caller.sight()).await?;
    desk_home(&desk, signed.user, tickets).await
}

/// Show an administrator's home
#[utoipa::path(
    get, path = "/admin/home", operation_id = "admin_home", tag = "home",
    responses((status = 200, description = "All tickets.", body = DeskHome), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
async fn admin_home(State(desk): State<Desk>, Admin(signed): Admin) -> Answer<Json<DeskHome>> {
    let tickets = counts(&desk, &Sight::Everything).await?;
    desk_home(&desk, signed.user, tickets).await
}

async fn desk_home(desk: &Desk, user_id: UserId, tickets: TicketCounts) -> Answer<Json<DeskHome>> {
    let availability = availability_of(desk, user_id).await?.map(|(_, availability)| availability);
    Ok(Json(DeskHome { user_id, tickets, availability }))
}

async fn counts(desk: &Desk, sight: &Sight) -> Answer<TicketCounts> {
    let by_status: BTreeMap<String, i64> = count_by_status(desk.pool(), sight).await?.into_iter().collect();
    Ok(TicketCounts { total: by_status.values().sum(), by_status })
}
