//! People: who has an account, and as what.

mod agents;
mod create;
mod erase;
mod export;
mod list;
mod reset_two_factor;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show))
        .routes(routes!(erase::erase))
        .routes(routes!(erase::erasure))
        .routes(routes!(export::export))
        .routes(routes!(reset_two_factor::reset))
        .routes(routes!(agents::agents))
}
