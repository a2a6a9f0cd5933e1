//! Acknowledging: the one thing that moves a durable consumer.

use axum::extract::State;
use infrastructure::log::Place;
use serde::Deserialize;
use utoipa::ToSchema;

use super::find;
use crate::auth::EventReader;
use crate::body::Json;
use crate::consumers::{self, Consumer, Name};
use crate::desk::Desk;
use crate::feed::forked;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Conflicting, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// Up to where a consumer is done: one of `pos` and `cursor`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledged {
    /// The position of the last event it is done with.
    #[schema(minimum = 0, example = 4711)]
    pos: Option<i64>,
    /// The same as a cursor, which also notices that the log was restored from an older backup.
    cursor: Option<String>,
    /// Whether it may be further back than before.
    #[serde(default)]
    reset: bool,
}

/// Acknowledge events
///
/// The consumer is done with everything up to there, and reads on behind it. Going back takes `reset`.
#[utoipa::path(
    post, path = "/consumers/{name}/ack", operation_id = "ack_events", tag = "events",
    params(("name" = String, Path, description = "Its name.")),
    request_body = Acknowledged,
    responses((status = 200, description = "The consumer, moved.", body = Consumer),
              Guarded, Forbidden, Missing, Conflicting, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn ack(
    State(desk): State<Desk>,
    _: EventReader,
    Id(name): Id<Name>,
    Json(body): Json<Acknowledged>,
) -> Answer<Json<Consumer>> {
    let place = place(&body)?;
    find(&desk, &name).await?;
    if let Some(fork) = desk.log.fork_of(&place).await? {
        return Err(forked(&fork));
    }
    let cursor = desk.log.cursor(place.position()).await?;
    if consumers::ack(desk.pool(), &name, &cursor, body.reset).await? {
        return Ok(Json(find(&desk, &name).await?));
    }
    let consumer = find(&desk, &name).await?;
    let message = "the consumer has acknowledged more than that; going back takes \"reset\": true";
    Err(Problem::conflict("ACK_BEHIND", message).detail("position", consumer.position))
}

fn place(body: &Acknowledged) -> Answer<Place> {
    let mut errors = ValidationErrors::default();
    let place = match (body.pos, body.cursor.as_deref()) {
        (Some(pos), None) if pos >= 0 => Some(Place::Number(pos)),
        (Some(_), None) => {
            errors.add("pos", "invalid", "must be 0 or more");
            None
        }
        (None, Some(text)) => errors.check("cursor", text.trim().parse()),
        _ => {
            errors.add("pos", "required", "give pos or cursor, one of them");
            None
        }
    };
    place.ok_or_else(|| errors.into())
}
