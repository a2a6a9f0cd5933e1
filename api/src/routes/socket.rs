//! The WebSocket: what happens, as it happens.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Limited};
use crate::sockets;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(open_socket))
        .routes(routes!(open_chat_socket))
        .routes(routes!(open_ticket_socket))
}

/// Open a WebSocket
///
/// Rooms are subscribed to by frames, which docs/realtime.md describes. The token comes in `Authorization`, as
/// `Sec-WebSocket-Protocol: bearer, <token>`, as the first frame `{"type":"auth","token":…}` within 10 seconds, or as
/// `?token=`. A token that is not good is told by the close code: 4401, 4403, or 4409 for one that has expired.
#[utoipa::path(
    get, path = "/ws", operation_id = "open_socket", tag = "events",
    params(("token" = Option<String>, Query, description = "The token, for whoever can show it in no other way.")),
    responses((status = 101, description = "The socket."),
              (status = 426, description = "The request is not for a WebSocket.", body = crate::problem::ProblemBody),
              Guarded, Forbidden, Limited),
    security((), ("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn open_socket(State(desk): State<Desk>, request: Request) -> Answer<Response> {
    sockets::open(desk, request, None).await
}

/// Open a WebSocket on a ticket
///
/// The same as `/ws`, already in the ticket's room; frames need not name the ticket. 4404 closes it if there is no such
/// ticket.
#[utoipa::path(
    get, path = "/ws/chat/{ticket_id}", operation_id = "open_chat_socket", tag = "events",
    params(("ticket_id" = String, Path, description = "The ticket: its id `TKT-…`, its UUID, or its number."),
           ("token" = Option<String>, Query, description = "The token, for whoever can show it in no other way.")),
    responses((status = 101, description = "The socket."),
              (status = 426, description = "The request is not for a WebSocket.", body = crate::problem::ProblemBody),
              Guarded, Forbidden, Limited),
    security((), ("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn open_chat_socket(
    State(desk): State<Desk>,
    Path(ticket): Path<String>,
    request: Request,
) -> Answer<Response> {
    sockets::open(desk, request, Some(ticket)).await
}

/// Open a WebSocket on a ticket
///
/// The same as `/ws/chat/{ticket_id}`.
#[utoipa::path(
    get, path = "/ws/tickets/{ticket_id}", operation_id = "open_ticket_socket", tag = "events",
    params(("ticket_id" = String, Path, description = "The ticket: its id `TKT-…`, its UUID, or its number."),
           ("token" = Option<String>, Query, description = "The token, for whoever can show it in no other way.")),
    responses((status = 101, description = "The socket."),
              (status = 426, description = "The request is not for a WebSocket.", body = crate::problem::ProblemBody),
              Guarded, Forbidden, Limited),
    security((), ("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn open_ticket_socket(
    State(desk): State<Desk>,
    Path(ticket): Path<String>,
    request: Request,
) -> Answer<Response> {
    sockets::open(desk, request, Some(ticket)).await
}
