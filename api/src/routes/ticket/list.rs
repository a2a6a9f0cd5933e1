//! All tickets the caller sees.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::id::UserId;
use projections::ticket_search::{ListedTicket, Page, count, cursor_behind, search};
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::{self, Listed};
use super::filter::Which;
use super::link::link;
use super::past::{ListMoment, list_moment};
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::query::Query;

/// A page of tickets.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct ListOfTickets {
    /// In the order asked for.
    #[schema(value_type = Vec<ListedTicket>)]
    tickets: Listed,
    /// How many there are on all pages.
    #[schema(example = 42)]
    total_count: i64,
    /// Where in the list this is. Behind a cursor pages have no number, and `page` is 1.
    pagination: Pagination,
    /// The moment the list is as of; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<ListMoment>,
}

/// List tickets
///
/// Those the caller sees: requesters their own, agents those of their departments, those assigned to them
/// and their own, administrators all. Beyond 10,000 rows, `cursor` goes on where a page ended.
#[utoipa::path(
    get, path = "/tickets", operation_id = "list_tickets", tag = "tickets", params(Which),
    responses(
        (
            status = 200, description = "Tickets.", body = ListOfTickets,
            headers(("Link" = String, description = "Where the next and the previous page are.")),
        ),
        Guarded, Forbidden, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    uri: Uri,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    page_of(&desk, &signed, &uri, "/api/v1/tickets", &which, None).await
}

/// The page that `which` asks for at `path`, of all that the caller sees or of what `requester` filed.
pub(in crate::routes) async fn page_of(
    desk: &Desk,
    signed: &Signed,
    uri: &Uri,
    path: &str,
    which: &Which,
    requester: Option<UserId>,
) -> Answer<impl IntoResponse + use<>> {
    let mut errors = ValidationErrors::default();
    let mut filter = which.filter(signed, &mut errors)?;
    if let Some(requester) = requester {
        filter.requester = vec![requester.0];
    }
    let order = which.order(&mut errors);
    let after = which.after(&order, &mut errors);
    columns::check(&mut errors, &which.fields);
    errors.finish()?;
    let paging = Paging::read(which.page, which.limit)?;
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    // One more than the page has says whether there is another page.
    let page = Page { order, limit: i64::from(paging.limit) + 1, skip: paging.skip(), after };
    let (when, as_of) = list_moment(desk, which.as_of.as_deref()).await?;
    let sight = signed.caller.sight();
    let mut database = desk.pool().acquire().await?;
    let mut tickets = search(&mut *database, when, &sight, &filter, &page).await?;
    let total_count = count(&mut *database, when, &sight, &filter).await?;
    drop(database);
    let has_more = tickets.len() > limit;
    tickets.truncate(limit);
    let last = tickets.last().filter(|_| has_more);
    let next_cursor = last.map(|last| cursor_behind(last, &page.order).encode());
    let pagination = Pagination { has_more, ..paging.of(total_count, next_cursor) };
    let link = link(path, uri, as_of.map(ListMoment::as_parameter), page.after.is_some(), &pagination);
    let tickets = columns::pick(tickets, &which.fields)?;
    Ok((link, Json(ListOfTickets { tickets, total_count, pagination, as_of })))
}
