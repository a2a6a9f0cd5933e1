//! Reports of misuse: what administrators review.

mod list;
mod review;
mod trigger;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::trigger::{Queued, ask};
use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::show))
        .routes(routes!(review::review))
        .routes(routes!(review::review_by_name))
        .routes(routes!(trigger::trigger))
}
