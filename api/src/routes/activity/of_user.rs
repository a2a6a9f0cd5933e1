//! What one person did, for staff.

use axum::extract::State;
use domain::access::Role;
use domain::activity::AuditPart;
use domain::id::UserId;
use projections::activity::{Act, Filter, page};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Acts, note};
use crate::activity::RequestInfo;
use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::page::Paging;
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// What agents hear of, so that they can help somebody to sign in.
const FOR_AGENTS: [&str; 6] =
    ["SignedIn", "SignInRefused", "SignedOut", "SessionRevoked", "TokenReused", "AttemptsForgiven"];

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Show what a person did
///
/// What they did and what happened to their account, besides their work on tickets. Agents see the sign-ins of
/// requesters, without addresses and devices; administrators see everything of everybody.
#[utoipa::path(
    get, path = "/users/{id}/activity", operation_id = "list_user_activity", tag = "users",
    params(("id" = Uuid, Path, description = "The user."), Which),
    responses((status = 200, description = "Newest first.", body = Acts), Guarded, Forbidden, Missing, Checked),
    security(("bearerAuth" = [])),
)]
pub(super) async fn of_user(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    info: RequestInfo,
    Id(id): Id<UserId>,
    Query(which): Query<Which>,
) -> Answer<Json<Acts>> {
    let paging = Paging::read(which.page, which.limit)?;
    let account = desk.commands.load_user(id).await?;
    let is_admin = signed.caller.is_admin();
    let is_requester = account.state.role() == Some(Role::User);
    if !account.state.exists() || !(is_admin || is_requester) {
        return Err(Problem::not_found("there is no such user"));
    }
    note(&desk, &info, AuditPart::Activity, Some(id)).await?;
    let actions = if is_admin { Vec::new() } else { FOR_AGENTS.map(str::to_owned).to_vec() };
    let filter = Filter { of: Some(id), actions, ..Filter::default() };
    let (mut activity, total_count) = page(desk.pool(), &filter, paging.limit.into(), paging.skip()).await?;
    if !is_admin {
        for act in &mut activity {
            *act = Act { address: None, device: None, ..act.clone() };
        }
    }
    Ok(Json(Acts { activity, total_count, pagination: paging.of(total_count, None) }))
}
