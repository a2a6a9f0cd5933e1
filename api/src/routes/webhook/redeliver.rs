//! Sending a message once more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use uuid::Uuid;

use super::deliveries::{Delivery, again};
use super::sent::find;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// Send a message once more
///
/// Whether it was taken, given up or waits: as if it were new, and under the same `webhook-id`.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{delivery_id}/redeliver", operation_id = "redeliver_webhook",
    tag = "webhooks",
    params(
        ("id" = Uuid, Path, description = "Of which webhook."),
        ("delivery_id" = Uuid, Path, description = "Which delivery."),
    ),
    responses((status = 202, description = "It waits to be sent.", body = Delivery), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn redeliver(
    State(desk): State<Desk>,
    _: Admin,
    Id((id, delivery)): Id<(Uuid, Uuid)>,
) -> Answer<impl IntoResponse> {
    find(&desk, id).await?;
    let delivery = again(desk.pool(), id, delivery).await?;
    let delivery = delivery.ok_or_else(|| Problem::not_found("there is no such delivery"))?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}
