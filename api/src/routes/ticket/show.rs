//! One ticket, with what was said and done.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::TicketId;
use projections::messages::{self, Message};
use projections::past::Moment;
use projections::ticket_history::{self, Happened};
use projections::ticket_page::{FullTicket, TicketRef, find, reads_internal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::past::{moment, past};
use super::reference::{OfTicket, no_ticket};
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded, Missing};
use crate::query::Query;

/// How many messages and entries come with a ticket; their own addresses have all of them.
const FIRST: i64 = 100;

/// What comes with the ticket.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    /// What else to show: `messages` come anyway.
    #[serde(default)]
    #[param(inline, example = json!(["history"]))]
    include: Vec<Include>,
    /// As it was: at a time (what the desk had recorded by then), at a version of the ticket, or at `position:` and a
    /// position of the log. Names are those of now.
    #[param(example = "2026-01-01T09:00:00Z")]
    as_of: Option<String>,
}

/// What can come with a ticket.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Include {
    /// The first 100 messages.
    Messages,
    /// The first 100 entries of the history.
    History,
}

/// A ticket with what was said and done.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketPage {
    /// The ticket.
    #[serde(flatten)]
    ticket: FullTicket,
    /// The first 100 messages the reader may see, oldest first.
    messages: Vec<Message>,
    /// The first 100 entries of the history the reader may see, oldest first; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Happened>>,
    /// The moment this is as of; only if asked for. Such an answer has no `ETag`: nothing can be changed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

/// Show a ticket
///
/// With its messages; with `as_of` as it was.
#[utoipa::path(
    get, path = "/tickets/{id}", operation_id = "show_ticket", tag = "tickets", params(OfTicket, With),
    responses(
        (
            status = 200, description = "The ticket.", body = TicketPage,
            headers(("ETag" = String, description = "Its version; not with `as_of`.")),
        ),
        Guarded, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
    Query(with): Query<With>,
) -> Answer<impl IntoResponse> {
    if let Some(as_of) = moment(with.as_of.as_deref())? {
        let (past, names, at) = past(&desk, &signed, ticket, as_of).await?;
        let which = messages::Which { after: 0, limit: FIRST, skip: 0, internal: true };
        let with_history = with.include.contains(&Include::History);
        let history =
            with_history.then(|| past.history(FIRST, 0, &names)).transpose()?.map(|(shown, _)| shown);
        let (ticket, messages) = (past.ticket(&names)?, past.messages(which, &names)?);
        let as_of = past.moment()?;
        let messages = desk.with_moves(&signed.caller.sight(), messages).await?;
        let ticket = desk.in_full(&signed.caller.sight(), ticket, Some(at)).await?;
        return Ok((None, Json(TicketPage { ticket, messages, history, as_of: Some(as_of) })));
    }
    let sight = signed.caller.sight();
    // One connection for all of it: each is tested when it is given back.
    let mut database = desk.pool().acquire().await?;
    let ticket = find(&mut *database, &sight, ticket).await?.ok_or_else(no_ticket)?;
    let (id, internal) = (TicketId::of_stream(ticket.id), reads_internal(&sight, &ticket));
    let which = messages::Which { after: 0, limit: FIRST, skip: 0, internal };
    let messages = messages::of_ticket(&mut *database, id, which).await?;
    let history = if with.include.contains(&Include::History) {
        Some(ticket_history::of_ticket(&mut *database, id, internal, FIRST, 0).await?)
    } else {
        None
    };
    drop(database);
    let ticket = desk.in_full(&sight, ticket, None).await?;
    let messages = desk.with_moves(&sight, messages).await?;
    let version = Version(ticket.version);
    Ok((Some(version), Json(TicketPage { ticket, messages, history, as_of: None })))
}
