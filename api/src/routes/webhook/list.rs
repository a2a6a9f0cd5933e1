//! The webhooks.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{ShownWebhook, find};
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Forbidden, Guarded, Missing};

/// The webhooks.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfWebhooks {
    /// In the order in which they were added.
    webhooks: Vec<ShownWebhook>,
    /// How many there are.
    #[schema(example = 1)]
    total_count: usize,
}

/// List webhooks
#[utoipa::path(
    get, path = "/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    responses((status = 200, description = "All of them.", body = ListOfWebhooks), Guarded, Forbidden),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn list(State(desk): State<Desk>, _: Admin) -> Answer<Json<ListOfWebhooks>> {
    let mut webhooks = Vec::new();
    for row in projections::webhooks::all(desk.pool()).await? {
        webhooks.push(ShownWebhook::of(&desk, row).await?);
    }
    Ok(Json(ListOfWebhooks { total_count: webhooks.len(), webhooks }))
}

/// Show a webhook
#[utoipa::path(
    get, path = "/webhooks/{id}", operation_id = "show_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 200, description = "The webhook.", body = ShownWebhook), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn show(State(desk): State<Desk>, _: Admin, Id(id): Id<Uuid>) -> Answer<impl IntoResponse> {
    let row = find(&desk, id).await?;
    Ok((Version(row.version), Json(ShownWebhook::of(&desk, row).await?)))
}
