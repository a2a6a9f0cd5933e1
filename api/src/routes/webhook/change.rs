//! Changing a webhook.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::webhook::{Destination, WebhookCommand};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{ShownWebhook, URL, find, host, keep, types};
use crate::auth::Admin;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing, Stale};

/// What a webhook shall be. What is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeWebhook {
    /// Where to send.
    url: Option<String>,
    /// Of which types of events to tell; all if empty.
    events: Option<Vec<String>>,
    /// Whether to tell everything that an administrator sees.
    internal: Option<bool>,
    /// Whether anything is sent. What happens while nothing is is sent when it is enabled again.
    enabled: Option<bool>,
}

/// Change a webhook
///
/// What is given changes. `"enabled": true` also begins again where the desk stopped by itself.
#[utoipa::path(
    patch, path = "/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses(
        (status = 200, description = "The webhook.", body = ShownWebhook),
        Accepted, Guarded, Forbidden, Missing, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn change(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<Uuid>,
    Json(body): Json<ChangeWebhook>,
) -> Answer<impl IntoResponse> {
    find(&desk, id).await?;
    let mut errors = ValidationErrors::default();
    let events = body.events.map(|events| types(&mut errors, events));
    let host = match &body.url {
        Some(url) => host(&desk, &mut errors, url).await,
        None => None,
    };
    errors.finish()?;
    let to = match (host, body.url) {
        (Some(host), Some(url)) => destination(&desk, id, host, &url).await?,
        _ => None,
    };
    let (internal, enabled) = (body.internal, body.enabled);
    let command = WebhookCommand::Change { to, events, internal, enabled };
    let done = desk.commands.webhook(&request, id, command).await?;
    let settled = desk.settled(done).await?;
    let row = find(&desk, id).await?;
    Ok((Version(row.version), settled, Json(ShownWebhook::of(&desk, row).await?)))
}

/// Keeps `url` for the webhook `id`, unless that is its address already.
async fn destination(desk: &Desk, id: Uuid, host: String, url: &str) -> Answer<Option<Destination>> {
    let webhook = desk.commands.load_webhook(id).await?;
    if let Some(live) = webhook.state.live() {
        let kept = desk.webhooks.vault().open(id, live.url_id, URL).await?;
        if kept.as_deref() == Some(url) {
            return Ok(None);
        }
    }
    keep(desk, id, host, url).await.map(Some)
}
