//! The chatbot: questions and answers, one after the other, until a person takes over.

mod bot;
mod file;
mod message;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(message::send))
        .routes(routes!(show::show))
        .routes(routes!(file::file))
}
