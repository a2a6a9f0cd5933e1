//! The WebSocket: what happens, as it happens.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, IntoResponses, PartialSchema as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::problem::declared::{Forbidden, Guarded, Limited};
use crate::problem::{Answer, ProblemBody};
use crate::sockets;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(open_socket))
        .routes(routes!(open_chat_socket))
        .routes(routes!(open_ticket_socket))
}

/// What a socket's address may say besides.
struct InAddress;

impl IntoParams for InAddress {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let token = ParameterBuilder::new()
            .name("token")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("The token, for whoever can show it in no other way."))
            .schema(Some(String::schema()));
        vec![token.build()]
    }
}

/// What a request for a socket is answered with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is there to be described")]
enum Upgraded {
    /// The socket.
    #[response(status = 101)]
    Socket,
    /// The request is not for a WebSocket.
    #[response(status = 426)]
    NoSocket(ProblemBody),
}

/// Open a WebSocket
///
/// Rooms are subscribed to by frames, which docs/realtime.md describes. The token comes in `Authorization`, as
/// `Sec-WebSocket-Protocol: bearer, <token>`, as the first frame `{"type":"auth","token":…}` within 10 seconds, or as
/// `?token=`. A token that is not good is told by the close code: 4401, 4403, or 4409 for one that has expired.
#[utoipa::path(
    get, path = "/ws", operation_id = "open_socket", tag = "events",
    params(InAddress), responses(Upgraded, Guarded, Forbidden, Limited),
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
    params(("ticket_id" = String, Path, description = "The ticket: its id `TKT-…`, its UUID, or its number."), InAddress),
    responses(Upgraded, Guarded, Forbidden, Limited),
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
    params(("ticket_id" = String, Path, description = "The ticket: its id `TKT-…`, its UUID, or its number."), InAddress),
    responses(Upgraded, Guarded, Forbidden, Limited),
    security((), ("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
async fn open_ticket_socket(
    State(desk): State<Desk>,
    Path(ticket): Path<String>,
    request: Request,
) -> Answer<Response> {
    sockets::open(desk, request, Some(ticket)).await
}
