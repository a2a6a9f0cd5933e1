//! Jobs: what the desk does once a day, or when an administrator asks for it.

mod run;
mod shown;
mod status;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(status::status))
        .routes(routes!(shown::show))
        .routes(routes!(run::run))
}
