//! Messages on tickets, and what people thought of them.

mod judge;
mod list;
mod post;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, post::post))
        .route("/tickets/{id}/comments", get(list::list).post(post::post))
        .routes(routes!(judge::judge))
}
