//! All accounts.

use axum::extract::State;
use domain::access::Role;
use projections::user_directory::{DirectoryUser, Filter, page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::query::Query;

/// Which users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those with this role.
    role: Option<Role>,
    /// Only those who may, or may not, sign in.
    active: Option<bool>,
    /// Only those whose name or address starts with this.
    #[param(max_length = 254)]
    q: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfUsers {
    /// Newest first.
    users: Vec<DirectoryUser>,
    /// How many there are on all pages.
    #[schema(example = 42)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List users
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "users", params(Which),
    responses((status = 200, description = "Users.", body = ListOfUsers), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["users:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Admin,
    Query(which): Query<Which>,
) -> Answer<Json<ListOfUsers>> {
    let paging = Paging::read(which.page, which.limit)?;
    // No name holds a NUL, and PostgreSQL takes none.
    let starts_with = which.q.map(|q| q.replace('\0', "\u{fffd}")).filter(|q| !q.is_empty());
    let filter = Filter { role: which.role, active: which.active, starts_with };
    let (users, total_count) = page(desk.pool(), &filter, i64::from(paging.limit), paging.skip()).await?;
    Ok(Json(ListOfUsers { users, total_count, pagination: paging.of(total_count, None) }))
}
