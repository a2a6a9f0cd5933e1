//! Not being told of a ticket.

use application::{Done, Request};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::TicketId;
use domain::user::UserCommand;
use projections::ticket_page::TicketRef;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Conflicting, Guarded, Missing};
use crate::routes::ticket::{OfTicket, find_id, seen};

/// Whether somebody is told of a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Muted {
    /// The ticket.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: String,
    /// Whether they are not.
    is_muted: bool,
}

/// Mute a ticket
///
/// You are told of it no more, unless you yourself are meant: mentioned on it, or given it to work on.
#[utoipa::path(
    put, path = "/tickets/{id}/mute", operation_id = "mute_ticket", tag = "notifications",
    params(OfTicket),
    responses((status = 200, description = "It is muted.", body = Muted), Accepted, Guarded, Missing, Conflicting),
    security(("bearerAuth" = [])),
)]
pub(super) async fn mute(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    muted(&desk, &request, ticket, true).await
}

/// Unmute a ticket
///
/// You are told of it again.
#[utoipa::path(
    delete, path = "/tickets/{id}/mute", operation_id = "unmute_ticket", tag = "notifications",
    params(OfTicket),
    responses((status = 200, description = "It is not muted.", body = Muted), Accepted, Guarded, Missing, Conflicting),
    security(("bearerAuth" = [])),
)]
pub(super) async fn unmute(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    muted(&desk, &request, ticket, false).await
}

async fn muted(
    desk: &Desk,
    request: &Request,
    ticket: TicketRef,
    is_muted: bool,
) -> Answer<impl IntoResponse + use<>> {
    // What somebody does not see any more they may still unmute, where they muted it.
    let ticket = if is_muted {
        TicketId::of_stream(seen(desk, &request.by.sight(), ticket).await?.id)
    } else {
        find_id(desk, request, ticket).await?
    };
    // A person asks: the desk itself has no routes.
    let done = match request.by.person() {
        Some(user) => desk.commands.user(request, user, UserCommand::Mute { ticket, is_muted }).await?,
        None => Done::Unchanged,
    };
    let settled = desk.settled(done).await?;
    Ok((settled, Json(Muted { ticket_id: ticket.to_string(), is_muted })))
}
