//! People: who has an account, and as what.

mod agents;
mod answer;
mod availability;
mod create;
mod edit;
mod ending;
mod erase;
mod export;
mod list;
mod reset_two_factor;
mod show;
mod tickets;
mod unlock;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::answer::answered;
pub(super) use self::availability::{Availability, availability_of};
use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, edit::edit, ending::delete))
        .routes(routes!(ending::activate))
        .routes(routes!(ending::deactivate))
        .routes(routes!(unlock::unlock))
        .routes(routes!(tickets::tickets))
        .routes(routes!(erase::erase))
        .routes(routes!(erase::erasure))
        .routes(routes!(export::export))
        .routes(routes!(reset_two_factor::reset))
        .routes(routes!(agents::agents))
        .routes(routes!(availability::show_mine, availability::set_mine))
        .routes(routes!(availability::show_theirs, availability::set_theirs))
}
