//! Trying whether a webhook's receiver is there.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::no_such;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Missing};

/// How sending a test message went.
#[derive(Serialize, ToSchema)]
pub(super) struct Tested {
    /// Whether the receiver took it.
    delivered: bool,
    /// The status it answered with; none without an answer.
    #[schema(example = 200)]
    status: Option<u16>,
    /// Why it does not count as taken, in a word as in deliveries.
    #[schema(example = "too_slow")]
    error: Option<&'static str>,
    /// How long it took, in milliseconds.
    #[schema(example = 42)]
    duration_ms: u64,
}

/// Send a test message now
///
/// Of the type `WebhookTest` and signed as all are, to a disabled webhook, too; once, and not again if it fails. What the
/// receiver says besides its status is not shown.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 200, description = "How it went.", body = Tested), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn test(State(desk): State<Desk>, _: Admin, Id(id): Id<Uuid>) -> Answer<Json<Tested>> {
    let tried = desk.webhooks.test(id).await?.ok_or_else(no_such)?;
    let duration_ms = u64::try_from(tried.duration.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(Tested {
        delivered: tried.failure.is_none(),
        status: tried.status,
        error: tried.failure.map(<&str>::from),
        duration_ms,
    }))
}
