//! What somebody was told of.

use axum::extract::State;
use domain::notification::values::Kind;
use projections::notifications::{self, Which, how_many};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::notifications::ShownNotification;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded};
use crate::query::Query;

/// Which notifications.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that were not read, or with `false` those that were.
    unread: Option<bool>,
    /// Only those of these types.
    #[serde(default, rename = "type")]
    #[param(rename = "type")]
    kinds: Vec<Kind>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Notifications of whoever asks.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfNotifications {
    /// The newest first.
    notifications: Vec<ShownNotification>,
    /// How many there are on all pages.
    #[schema(example = 3)]
    total_count: i64,
    /// How many of all were not read, whichever are asked for.
    #[schema(example = 1)]
    unread_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// How many there are.
#[derive(Serialize, ToSchema)]
pub(super) struct UnreadCount {
    /// How many were not read.
    #[schema(example = 1)]
    unread_count: i64,
}

/// List notifications
///
/// Your own, the newest first. What they say is read from the tickets as they are now: of a ticket that you do not see any
/// more nothing is said, nor of what was erased or redacted since.
#[utoipa::path(
    get, path = "/notifications", operation_id = "list_notifications", tag = "notifications",
    params(Filter),
    responses((status = 200, description = "Notifications.", body = ListOfNotifications), Guarded, Checked),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Query(filter): Query<Filter>,
) -> Answer<Json<ListOfNotifications>> {
    let paging = Paging::read(filter.page, filter.limit)?;
    let which = Which { unread: filter.unread, kinds: filter.kinds };
    let (user, limit) = (signed.user, i64::from(paging.limit));
    let rows = notifications::page(desk.pool(), user, &which, limit, paging.skip()).await?;
    let total_count = how_many(desk.pool(), user, &which).await?;
    let unread_count = notifications::counts(desk.pool(), user).await?.unread;
    let notifications = desk.show_notifications(&signed.caller.sight(), rows).await?;
    let pagination = paging.of(total_count, None);
    Ok(Json(ListOfNotifications { notifications, total_count, unread_count, pagination }))
}

/// Count unread notifications
///
/// What the badge of the bell shows. It is kept as they come and are read, so asking for it often is cheap.
#[utoipa::path(
    get, path = "/notifications/unread-count", operation_id = "count_unread_notifications", tag = "notifications",
    responses((status = 200, description = "How many.", body = UnreadCount), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn unread_count(State(desk): State<Desk>, signed: Signed) -> Answer<Json<UnreadCount>> {
    let unread_count = notifications::counts(desk.pool(), signed.user).await?.unread;
    Ok(Json(UnreadCount { unread_count }))
}
