//! Durable consumers: programs whose place in the log the desk keeps for them.

mod ack;
mod put;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::consumers::{self, Consumer, Name};
use crate::desk::Desk;
use crate::id::Named;
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(show::list))
        .routes(routes!(show::show, put::put, show::remove))
        .routes(routes!(ack::ack))
}

/// A consumer's name in a path: what cannot be one names nothing.
impl Named for Name {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

fn no_consumer() -> Problem {
    Problem::not_found("there is no such consumer")
}

async fn find(desk: &Desk, name: &Name) -> Answer<Consumer> {
    consumers::find(desk.pool(), name).await?.ok_or_else(no_consumer)
}
