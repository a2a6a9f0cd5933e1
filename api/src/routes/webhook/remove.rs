//! Removing a webhook.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::webhook::WebhookCommand;
use uuid::Uuid;

use super::sent::find;
use crate::auth::Admin;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Forbidden, Guarded, Missing, Stale};

/// Remove a webhook
///
/// Nothing is sent any more; address and secrets are forgotten, and what waits is thrown away.
#[utoipa::path(
    delete, path = "/webhooks/{id}", operation_id = "remove_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 204, description = "It is removed."), Accepted, Guarded, Forbidden, Missing, Stale),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn remove(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<Uuid>,
) -> Answer<impl IntoResponse> {
    find(&desk, id).await?;
    let done = desk.commands.webhook(&request, id, WebhookCommand::Remove).await?;
    let settled = desk.settled(done).await?;
    desk.webhooks.vault().forget(id).await?;
    Ok((StatusCode::NO_CONTENT, settled, ()))
}
