//! Telling a webhook once more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::webhook::WebhookCommand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::find;
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing, Stale};

/// From where on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// The position of the first event; not beyond the end of the log.
    #[schema(minimum = 1, example = 4711)]
    from_pos: i64,
}

/// A replay that has begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Replaying {
    /// The position of the first event.
    #[schema(example = 4711)]
    from_pos: i64,
}

/// Send everything from a position on once more
///
/// With the same ids as the first time, so that a receiver that remembers them takes nothing twice.
#[utoipa::path(
    post, path = "/webhooks/{id}/replay", operation_id = "replay_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses(
        (status = 202, description = "It has begun.", body = Replaying),
        Accepted, Guarded, Forbidden, Missing, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn replay(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<Uuid>,
    Json(Replay { from_pos }): Json<Replay>,
) -> Answer<impl IntoResponse> {
    find(&desk, id).await?;
    let head = desk.log.head().await?;
    let done = desk.commands.webhook(&request, id, WebhookCommand::Replay { from_pos, head }).await?;
    let settled = desk.settled(done).await?;
    Ok((StatusCode::ACCEPTED, settled, Json(Replaying { from_pos })))
}
