//! What programs of the desk's predecessors call. The desk goes by its own events, so that these calls make nothing
//! happen: they check what they are sent and answer as they always did.

mod sent;
mod webhook;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(webhook::on_ticket_created))
        .routes(routes!(webhook::on_misuse_detected))
        .routes(routes!(webhook::on_message_sent))
        .routes(routes!(webhook::on_ai_reply_suggested))
        .routes(routes!(webhook::health))
}
