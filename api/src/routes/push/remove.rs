//! Notifying a browser no more.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::no_such;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Guarded, Missing};

/// Which browser.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemovePushSubscription {
    /// Where its push service takes what is for it, as it was registered.
    #[schema(example = "https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ", max_length = 2000)]
    endpoint: String,
}

/// Notify a browser of one's own no more
///
/// What waits for it is thrown away.
#[utoipa::path(
    delete, path = "/notifications/push-subscriptions/{id}", operation_id = "remove_push_subscription", tag = "push",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 204, description = "It is notified no more."), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn remove(State(desk): State<Desk>, signed: Signed, Id(id): Id<Uuid>) -> Answer<StatusCode> {
    if desk.push.unsubscribe(signed.user, id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(no_such()) }
}

/// Notify the browser one is using no more
///
/// The same for who knows its address and not its id, such as a page that signs somebody out.
#[utoipa::path(
    delete, path = "/notifications/push-subscriptions", operation_id = "remove_push_subscription_at", tag = "push",
    responses((status = 204, description = "It is notified no more."), Guarded, Missing, CheckedBody),
    security(("bearerAuth" = [])),
)]
pub(super) async fn remove_at(
    State(desk): State<Desk>,
    signed: Signed,
    Json(body): Json<RemovePushSubscription>,
) -> Answer<StatusCode> {
    let was_theirs = desk.push.unsubscribe_at(signed.user, &body.endpoint).await?;
    if was_theirs { Ok(StatusCode::NO_CONTENT) } else { Err(no_such()) }
}
