//! Web Push: one's own browsers that the desk may tell of something while no page of it is open.

mod add;
mod list;
mod remove;
mod test;

use chrono::{DateTime, Utc};
use infrastructure::push::Subscription;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list, add::add, remove::remove_at))
        .routes(routes!(remove::remove))
        .routes(routes!(test::test))
}

/// A browser that the desk may notify.
#[derive(Serialize, ToSchema)]
struct PushSubscription {
    /// Its identity.
    id: Uuid,
    /// The host of its push service.
    #[schema(example = "fcm.googleapis.com")]
    host: String,
    /// The program, as it named itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    device: Option<String>,
    /// When it last registered.
    created_at: DateTime<Utc>,
    /// When its push service last took something for it.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Subscription> for PushSubscription {
    fn from(subscription: Subscription) -> Self {
        let Subscription { id, host, device, created_at, last_used_at } = subscription;
        Self { id, host, device, created_at, last_used_at }
    }
}

fn no_such() -> Problem {
    Problem::not_found("there is no such browser of yours")
}
