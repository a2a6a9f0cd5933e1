//! One's own browsers.

use axum::extract::State;
use infrastructure::push;
use serde::Serialize;
use utoipa::ToSchema;

use super::PushSubscription;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;

/// One's own browsers, and what another one registers with.
#[derive(Serialize, ToSchema)]
pub(super) struct PushSubscriptions {
    /// The `applicationServerKey` for `pushManager.subscribe`, a point of P-256 in base64url.
    #[schema(
        example = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
    )]
    public_key: String,
    /// Those that are registered, the last one first.
    subscriptions: Vec<PushSubscription>,
}

/// List one's own browsers that are notified
#[utoipa::path(
    get, path = "/notifications/push-subscriptions", operation_id = "list_push_subscriptions", tag = "push",
    responses((status = 200, description = "All of them, and the desk's key.", body = PushSubscriptions), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, signed: Signed) -> Answer<Json<PushSubscriptions>> {
    let subscriptions = push::subscriptions(desk.pool(), desk.log.keys(), signed.user).await?;
    Ok(Json(PushSubscriptions {
        public_key: desk.push.public_key().to_owned(),
        subscriptions: subscriptions.into_iter().map(PushSubscription::from).collect(),
    }))
}
