//! Who did what to a ticket, and when.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::TicketId;
use projections::past::Moment;
use projections::ticket_history::{Happened, count, of_ticket};
use projections::ticket_page::{TicketRef, reads_internal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::past::{moment, past};
use super::reference::{OfTicket, seen};
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded, Missing};
use crate::query::Query;

/// Which part of the history.
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
    /// As it was: at a time, at a version of the ticket, or at `position:` and a position of the log.
    #[param(example = "2026-01-01T09:00:00Z")]
    as_of: Option<String>,
}

/// A page of a ticket's history.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketHistory {
    /// Oldest first.
    history: Vec<Happened>,
    /// How many entries there are on all pages.
    #[schema(example = 7)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
    /// The moment this is as of; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

/// Show a ticket's history
///
/// Everything that happened to it; for its requester, the public part.
#[utoipa::path(
    get, path = "/tickets/{id}/history", operation_id = "show_ticket_history", tag = "tickets",
    params(OfTicket, Which),
    responses((status = 200, description = "What happened.", body = TicketHistory), Guarded, Missing, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn history(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let paging = Paging::read(which.page, which.limit)?;
    if let Some(as_of) = moment(which.as_of.as_deref())? {
        let (past, names, _) = past(&desk, &signed, ticket, as_of).await?;
        let (history, total_count) = past.history(i64::from(paging.limit), paging.skip(), &names)?;
        let (pagination, as_of) = (paging.of(total_count, None), Some(past.moment()?));
        return Ok((None, Json(TicketHistory { history, total_count, pagination, as_of })));
    }
    let sight = signed.caller.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    let (id, internal) = (TicketId::of_stream(ticket.id), reads_internal(&sight, &ticket));
    let (history, total_count) = tokio::try_join!(
        of_ticket(desk.pool(), id, internal, i64::from(paging.limit), paging.skip()),
        count(desk.pool(), id, internal),
    )?;
    let pagination = paging.of(total_count, None);
    let version = Version(ticket.version);
    Ok((Some(version), Json(TicketHistory { history, total_count, pagination, as_of: None })))
}
