//! Giving a webhook another secret.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::webhook::WebhookCommand;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{find, new_secret, secret};
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Forbidden, Guarded, Missing, Stale};

/// A new secret.
#[derive(Serialize, ToSchema)]
pub(super) struct NewSecret {
    /// What messages are signed with from now on. Nobody is shown it again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// Give a webhook another secret
///
/// For 24 hours messages carry two signatures, by the new secret and by the former one; a secret before that is forgotten. The secret is shown in this answer
/// and never again.
#[utoipa::path(
    post, path = "/webhooks/{id}/rotate-secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which.")),
    responses(
        (status = 200, description = "The new secret.", body = NewSecret),
        Accepted, Guarded, Forbidden, Missing, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn rotate(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<Uuid>,
) -> Answer<impl IntoResponse> {
    find(&desk, id).await?;
    let secret_id = new_secret(&desk, id).await?;
    let done = desk.commands.webhook(&request, id, WebhookCommand::RotateSecret { secret_id }).await?;
    let settled = desk.settled(done).await?;
    Ok((settled, Json(NewSecret { secret: secret(&desk, id).await? })))
}
