//! Trying whether a browser is reached.

use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::no_such;
use crate::auth::Signed;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Guarded, Missing};

/// Send a notice to a browser of one's own that only says that it arrived
///
/// It shows within seconds, if it shows; after ten minutes it is worth nothing.
#[utoipa::path(
    post, path = "/notifications/push-subscriptions/{id}/test", operation_id = "test_push_subscription", tag = "push",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 202, description = "It is on its way."), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn test(State(desk): State<Desk>, signed: Signed, Id(id): Id<Uuid>) -> Answer<StatusCode> {
    if desk.push.test(signed.user, id).await? { Ok(StatusCode::ACCEPTED) } else { Err(no_such()) }
}
