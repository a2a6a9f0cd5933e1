//! Webhooks: addresses outside that are told of events as they happen.

mod add;
mod change;
mod deliveries;
mod list;
mod redeliver;
mod remove;
mod replay;
mod rotate;
mod sent;
mod test;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, add::add))
        .routes(routes!(list::show, change::change, remove::remove))
        .routes(routes!(test::test))
        .routes(routes!(rotate::rotate))
        .routes(routes!(replay::replay))
        .routes(routes!(deliveries::list))
        .routes(routes!(redeliver::redeliver))
}
