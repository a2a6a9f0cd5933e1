//! Notifications: what people are told of, and how they want to be.

mod list;
mod mute;
mod preferences;
mod read;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::unread_count))
        .routes(routes!(read::mark_all_read))
        .routes(routes!(preferences::show, preferences::change))
        .routes(routes!(read::mark_read))
        .routes(routes!(read::mark_unread))
        .routes(routes!(read::delete))
        .routes(routes!(mute::mute, mute::unmute))
}
