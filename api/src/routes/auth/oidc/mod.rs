//! Signing in with OpenID Connect providers, and linking accounts to identities there.

mod callback;
mod cookie;
mod exchange;
mod google;
mod link;
mod list;
mod person;
mod start;
mod unlink;

use std::sync::Arc;

use infrastructure::oidc::Provider;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(start::start))
        .routes(routes!(callback::callback))
        .routes(routes!(exchange::exchange))
        .routes(routes!(link::link))
        .routes(routes!(unlink::unlink))
        .routes(routes!(google::google))
}

/// The provider called `name`.
fn provider(desk: &Desk, name: &str) -> Answer<Arc<Provider>> {
    desk.providers.get(name).cloned().ok_or_else(|| Problem::not_found("there is no provider of this name"))
}
