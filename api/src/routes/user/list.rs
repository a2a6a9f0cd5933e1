//! All accounts.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::access::{Department, Role};
use domain::id::EntryId;
use projections::cursor::Cursor;
use projections::user_directory::{DirectoryUser, Filter, NEWEST_FIRST, count, cursor_behind, page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::query::Query;
use crate::routes::ticket::{entries, link, optional};

/// Which users. Lists take commas or repeat the parameter, and mean any of their words.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those with one of these roles.
    role: Vec<Role>,
    /// Only those who may, or may not, sign in.
    active: Option<bool>,
    /// Only those who work for one of these departments.
    department: Vec<Department>,
    /// Only those in one of these buildings.
    #[param(value_type = Vec<EntryId>)]
    building: Vec<String>,
    /// Only those who belong to one of these organizations.
    #[param(value_type = Vec<EntryId>)]
    organization: Vec<String>,
    /// Only accounts that were deleted; without it only those that were not.
    deleted: Option<bool>,
    /// Only those whose name or address starts with this.
    #[param(max_length = 254)]
    q: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where to go on, as `next_cursor` gave it; instead of a page.
    cursor: Option<String>,
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfUsers {
    /// Newest first.
    users: Vec<DirectoryUser>,
    /// How many there are on all pages.
    #[schema(example = 42)]
    total_count: i64,
    /// Where in the list this is. Behind a cursor pages have no number, and `page` is 1.
    pagination: Pagination,
}

/// List users
///
/// Newest first. Beyond 10,000 rows, `cursor` goes on where a page ended.
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "users", params(Which),
    responses(
        (
            status = 200, description = "Users.", body = ListOfUsers,
            headers(("Link" = String, description = "Where the next and the previous page are.")),
        ),
        Guarded, Forbidden, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["users:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Admin,
    uri: Uri,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    if which.cursor.is_some() && which.page.is_some() {
        errors.add("cursor", "invalid", "goes with no page; give one of them");
    }
    let after = optional(&mut errors, "cursor", which.cursor.as_deref(), |text| {
        Cursor::decode(text, NEWEST_FIRST, 1).ok_or("must be the next_cursor of this list")
    });
    let buildings = entries(&mut errors, "building", &which.building);
    let organizations = entries(&mut errors, "organization", &which.organization);
    errors.finish()?;
    let paging = Paging::read(which.page, which.limit)?;
    // No name holds a NUL, and PostgreSQL takes none.
    let starts_with = which.q.map(|q| q.replace('\0', "\u{fffd}")).filter(|q| !q.is_empty());
    let filter = Filter {
        roles: which.role,
        active: which.active,
        departments: which.department,
        starts_with,
        buildings,
        organizations,
        deleted: Some(which.deleted.unwrap_or(false)),
    };
    // One more than the page has says whether there is another page.
    let limit = i64::from(paging.limit);
    let mut users = page(desk.pool(), &filter, limit + 1, paging.skip(), after.as_ref()).await?;
    let total_count = count(desk.pool(), &filter).await?;
    let has_more = users.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    users.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = users.last().filter(|_| has_more).map(|last| cursor_behind(last).encode());
    let pagination = Pagination { has_more, ..paging.of(total_count, next_cursor) };
    let link = link("/api/v1/users", &uri, None, after.is_some(), &pagination);
    Ok((link, Json(ListOfUsers { users, total_count, pagination })))
}
