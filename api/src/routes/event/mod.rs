//! The log for other programs: events by page, and as they happen.

mod begin;
mod poll;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(poll::list)).routes(routes!(stream::follow))
}
