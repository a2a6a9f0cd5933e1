//! Messages on tickets: writing them, what people thought of them, and making them unreadable.

mod draft;
mod judge;
mod list;
mod post;
mod redact;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, post::post))
        .route("/tickets/{id}/comments", get(list::list).post(post::post))
        .routes(routes!(draft::show, draft::keep, draft::discard))
        .routes(routes!(judge::judge))
        .routes(routes!(redact::redact))
}
