//! What models can be asked: what they make of a text, answers, drafts, what was like a ticket.

mod classify;
mod models;
mod patterns;
mod self_serve;
mod similar;
mod suggest;
mod summary;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(classify::classify))
        .routes(routes!(self_serve::ask))
        .routes(routes!(self_serve::info))
        .routes(routes!(suggest::suggest))
        .routes(routes!(suggest::draft))
        .routes(routes!(suggest::judge))
        .routes(routes!(similar::similar))
        .routes(routes!(summary::summarize))
        .routes(routes!(patterns::patterns))
        .routes(routes!(patterns::alerts))
        .routes(routes!(models::list))
        .routes(routes!(models::retrain))
        .routes(routes!(models::promote))
        .routes(routes!(models::tools))
}
