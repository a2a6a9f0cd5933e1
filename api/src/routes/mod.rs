//! The routes, one file per endpoint or small group of endpoints.
//!
//! # How to write a route
//!
//! A handler's arguments say who may call it and what it reads; its documentation says what it answers. The
//! order of arguments is: state, who asks ([`Signed`](crate::auth::Signed), [`Staff`](crate::auth::Staff) or
//! [`Admin`](crate::auth::Admin)), [`Asked`](crate::context::Asked) for a command, [`Id`](crate::id::Id),
//! [`Query`](crate::query::Query), and last the body: [`Json`](crate::body::Json) or
//! [`OptionalJson`](crate::body::OptionalJson).
//!
//! ```ignore
//! //! Resolving a ticket.
//!
//! /// How a ticket was resolved.
//! #[derive(Default, Deserialize, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! pub(crate) struct Resolve {
//!     /// What was done.
//!     #[schema(max_length = 20_000)]
//!     resolution: Option<String>,
//! }
//!
//! /// Resolve a ticket
//! ///
//! /// Its requester and staff may. Resolving a resolved ticket changes nothing.
//! #[utoipa::path(
//!     post, path = "/tickets/{id}/resolve", operation_id = "resolve_ticket", tag = "tickets",
//!     params(("id" = String, Path, description = "TKT-… or the number")),
//!     request_body = Option<Resolve>,
//!     responses((status = 200, description = "The ticket, resolved.", body = FullTicket),
//!               Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody),
//!     security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),  // alone, the first refuses API tokens
//! )]
//! pub(crate) async fn resolve(
//!     State(desk): State<Desk>,
//!     Asked(request): Asked,               // Signed is implied; add `_: Staff` to ask for more
//!     Id(id): Id<TicketId>,                // Id<(TicketId, MessageId)> for two
//!     OptionalJson(body): OptionalJson<Resolve>,
//! ) -> Answer<impl IntoResponse> {
//!     let mut errors = ValidationErrors::default();
//!     let resolution = errors.check("resolution", parse(body.resolution));
//!     let Some(resolution) = resolution else { return Err(errors.into()) };
//!     let done = desk.commands.ticket(&request, id, TicketCommand::Resolve { resolution }).await?;
//!     let settled = desk.settled(done).await?;  // waits; `?` answers 202 when it takes too long
//!     let ticket = by_id(desk.pool(), &request.by.sight(), id).await?.ok_or_else(gone)?;
//!     Ok((Version(ticket.version), settled, Json(ticket)))
//! }
//! ```
//!
//! Every failure has a `From` into [`Problem`](crate::problem::Problem), so `?` is all it takes. What a route
//! can answer is declared by the types of [`declared`](crate::problem::declared). `min_position`,
//! `Idempotency-Key`, request ids, error bodies, CORS and limits are the layers' business: no route sees them.
//! Each noun's module has `routes()`, its list; `all` has theirs.

mod activity;
mod ai;
mod api_token;
pub(crate) mod attachment;
mod audit;
mod auth;
mod catalogue;
mod chatbot;
mod consumer;
mod docs;
mod event;
mod health;
mod home;
mod internal;
mod job;
mod knowledge;
mod message;
mod misuse;
mod notification;
mod projection;
mod push;
mod setting;
mod socket;
mod ticket;
mod user;
mod webhook;

use std::sync::LazyLock;

use axum::Router;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::desk::Desk;
use crate::openapi::{Document, complete};

/// Everything below `/api/v1`.
fn all() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(api_token::routes())
        .merge(user::routes())
        .merge(home::routes())
        .merge(ticket::routes())
        .merge(message::routes())
        .merge(attachment::routes())
        .merge(activity::routes())
        .merge(audit::routes())
        .merge(event::routes())
        .merge(consumer::routes())
        .merge(projection::routes())
        .merge(setting::routes())
        .merge(catalogue::routes())
        .merge(knowledge::routes())
        .merge(webhook::routes())
        .merge(notification::routes())
        .merge(push::routes())
        .merge(ai::routes())
        .merge(chatbot::routes())
        .merge(misuse::routes())
        .merge(job::routes())
        .merge(internal::routes())
}

/// The routes with their document, which tells of each route once: below `/api/v1`, where it belongs.
pub(crate) fn documented() -> (Router<Desk>, utoipa::openapi::OpenApi) {
    let routes = OpenApiRouter::with_openapi(Document::openapi());
    let (routes, mut document) =
        routes.nest("/api/v1", all()).merge(health::routes()).merge(socket::routes()).split_for_parts();
    complete(&mut document);
    (routes, document)
}

/// All routes, also at the addresses that programs of the desk's predecessors use. They are put together once:
/// the document that comes with them takes longer than a copy.
pub(crate) fn everywhere(desk: Desk) -> Router<Desk> {
    static ROUTES: LazyLock<Router<Desk>> = LazyLock::new(|| {
        let (documented, _) = documented();
        documented
            .merge(Router::from(all()))
            .nest("/api/v1", Router::from(health::routes().merge(socket::routes())))
    });
    ROUTES.clone().merge(docs::routes(desk))
}
