//! Adding a webhook.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::webhook::WebhookCommand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{ShownWebhook, find, host, keep, new_secret, secret, types};
use crate::auth::Admin;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded};
use crate::problem::{Answer, Problem};

/// How many webhooks a desk has.
const MOST: usize = 100;

/// A webhook to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddWebhook {
    /// Where to send: https on port 443 or 8443 at a public address, or an address in a network that the operator allows.
    #[schema(example = "https://example.org/hooks/desk", max_length = 2000)]
    url: String,
    /// Of which types of events to tell, as in GET /events; all if empty.
    #[serde(default)]
    #[schema(example = json!(["TicketResolved"]))]
    events: Vec<String>,
    /// Whether to tell everything that an administrator sees, internal notes and accounts included. Without it only the
    /// public part of what happens to tickets.
    #[serde(default)]
    internal: bool,
}

/// A new webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct AddedWebhook {
    /// The webhook.
    webhook: ShownWebhook,
    /// What its messages are signed with. Nobody is shown it again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// Add a webhook
///
/// From now on the address is sent what happens, as Standard Webhooks: signed, again until it is taken, and of each
/// ticket in order. The secret is shown in this answer and never again.
#[utoipa::path(
    post, path = "/webhooks", operation_id = "add_webhook", tag = "webhooks",
    responses(
        (
            status = 201, description = "The webhook and its secret.", body = AddedWebhook,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn add(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Json(body): Json<AddWebhook>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let events = types(&mut errors, body.events);
    let host = host(&desk, &mut errors, &body.url).await;
    errors.finish()?;
    let Some(host) = host else { return Err(Problem::invalid("url: has no host")) };
    if projections::webhooks::all(desk.pool()).await?.len() >= MOST {
        return Err(Problem::conflict("TOO_MANY_WEBHOOKS", format!("there are {MOST} webhooks already")));
    }
    let id = Uuid::now_v7();
    let to = keep(&desk, id, host, &body.url).await?;
    let secret_id = new_secret(&desk, id).await?;
    let add = WebhookCommand::Add { to, secret_id, events, internal: body.internal };
    let (id, done) = desk.commands.add_webhook(&request, id, add).await?;
    let settled = desk.settled(done).await?;
    let secret = secret(&desk, id).await?;
    let row = find(&desk, id).await?;
    let version = Version(row.version);
    let webhook = ShownWebhook::of(&desk, row).await?;
    let location = [(LOCATION, format!("/api/v1/webhooks/{id}"))];
    Ok((StatusCode::CREATED, location, version, settled, Json(AddedWebhook { webhook, secret })))
}
