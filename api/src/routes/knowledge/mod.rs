//! The knowledge base: articles that staff write and readers find.

mod filter;
mod gaps;
mod list;
mod reader;
mod revise;
mod search;
mod show;
mod status;
mod versions;
mod vote;
mod write;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, write::write))
        .routes(routes!(search::search))
        .routes(routes!(gaps::gaps))
        .routes(routes!(show::show, revise::revise, status::remove))
        .routes(routes!(status::publish))
        .routes(routes!(status::archive))
        .routes(routes!(versions::versions))
        .routes(routes!(vote::vote))
        .routes(routes!(vote::votes))
}
