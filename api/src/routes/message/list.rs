//! What was said on a ticket.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::TicketId;
use projections::messages::{self, Message, of_ticket};
use projections::past::Moment;
use projections::ticket_page::{TicketRef, reads_internal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded, Missing};
use crate::query::Query;
use crate::routes::ticket::{OfTicket, moment, past, seen};

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those behind this position; instead of a page.
    after_pos: Option<u64>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// As they were: at a time, at a version of the ticket, or at `position:` and a position of the log.
    #[param(example = "2026-01-01T09:00:00Z")]
    as_of: Option<String>,
}

/// Messages on a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfMessages {
    /// Oldest first.
    messages: Vec<Message>,
    /// How many there are on all pages.
    #[schema(example = 3)]
    total_count: i64,
    /// Where in the list this is. Behind a position pages have no number, and `page` is 1.
    pagination: Pagination,
    /// The moment this is as of; only if asked for. Such an answer has no `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

/// List messages
///
/// All that was said on a ticket; for its requester, without internal notes. `/comments` does the same.
#[utoipa::path(
    get, path = "/tickets/{id}/messages", operation_id = "list_messages", tag = "tickets",
    params(OfTicket, Which),
    responses(
        (
            status = 200, description = "Messages.", body = ListOfMessages,
            headers(("ETag" = String, description = "The conversation's version; not with `as_of`.")),
        ),
        Guarded, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let paging = which.paging()?;
    let as_of = moment(which.as_of.as_deref())?;
    let sight = signed.caller.sight();
    let wanted = messages::Which {
        after: which.after_pos.map_or(0, |position| i64::try_from(position).unwrap_or(i64::MAX)),
        // One more than the page has says whether there is another page.
        limit: i64::from(paging.limit) + 1,
        skip: paging.skip(),
        internal: true,
    };
    if let Some(as_of) = as_of {
        let (past, names, _) = past(&desk, &signed, ticket, as_of).await?;
        let total_count = i64::from(past.ticket(&names)?.message_count);
        let messages = desk.with_moves(&sight, past.messages(wanted, &names)?).await?;
        let as_of = Some(past.moment()?);
        return Ok((None, Json(ListOfMessages { as_of, ..paged(messages, total_count, paging) })));
    }
    let ticket = seen(&desk, &sight, ticket).await?;
    let wanted = messages::Which { internal: reads_internal(&sight, &ticket), ..wanted };
    let messages = of_ticket(desk.pool(), TicketId::of_stream(ticket.id), wanted).await?;
    let messages = desk.with_moves(&sight, messages).await?;
    let version = Version(ticket.messages_version);
    Ok((Some(version), Json(paged(messages, i64::from(ticket.message_count), paging))))
}

/// A page of messages, of which one more was read than it has.
fn paged(mut messages: Vec<Message>, total_count: i64, paging: Paging) -> ListOfMessages {
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let has_more = messages.len() > limit;
    messages.truncate(limit);
    let pagination = Pagination { has_more, ..paging.of(total_count, None) };
    ListOfMessages { messages, total_count, pagination, as_of: None }
}

impl Which {
    fn paging(&self) -> Answer<Paging> {
        let mut errors = ValidationErrors::default();
        if self.after_pos.is_some() && self.page.is_some() {
            errors.add("after_pos", "invalid", "goes with no page; give one of them");
        }
        errors.finish()?;
        Paging::read(self.page, self.limit)
    }
}
