//! Registering a browser.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use chrono::Utc;
use infrastructure::outbound::Forbidden;
use infrastructure::push::{BrowserKey, NewSubscription, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::PushSubscription;
use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Guarded};

/// A browser to be registered, as its `PushSubscription.toJSON()` gives it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AddPushSubscription {
    /// Where its push service takes what is for it: https on port 443 or 8443 at a public address.
    #[schema(example = "https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ", max_length = 2000)]
    endpoint: String,
    /// Until when it is good, in milliseconds since 1970.
    #[schema(example = json!(null))]
    expiration_time: Option<f64>,
    /// What only it can read messages with.
    keys: PushKeys,
}

/// The keys of a browser.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PushKeys {
    /// Its public key, a point of P-256 in base64url.
    #[schema(
        example = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )]
    p256dh: String,
    /// Its secret, 16 bytes in base64url.
    #[schema(example = "BTBZMqHH6r4Tts7J_aSIgg")]
    auth: String,
}

/// Register the browser one is using
///
/// From now on it is notified. One that is registered already stays the same with its new keys; if it was somebody else's,
/// it is theirs no more. Of more than 20 the one that registered longest ago goes.
#[utoipa::path(
    post, path = "/notifications/push-subscriptions", operation_id = "add_push_subscription", tag = "push",
    responses(
        (
            status = 201, description = "The browser.", body = PushSubscription,
            headers(("Location" = String, description = "Where it is.")),
        ),
        Guarded, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn add(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Json(body): Json<AddPushSubscription>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    if let Err(why) = desk.push.client().check(&body.endpoint).await {
        let code = if why == Forbidden::Unreadable { "invalid" } else { "address_not_allowed" };
        errors.add("endpoint", code, why.to_string());
    }
    if BrowserKey::parse(&body.keys.p256dh).is_none() {
        errors.add("keys.p256dh", "invalid", "must be a point of P-256, uncompressed, in base64url");
    }
    if Secret::parse(&body.keys.auth).is_none() {
        errors.add("keys.auth", "invalid", "must be 16 bytes in base64url");
    }
    if body.expiration_time.is_some_and(|at| !is_ahead(at)) {
        errors.add("expirationTime", "expired", "must be a time in the future, in milliseconds since 1970");
    }
    errors.finish()?;
    let new = NewSubscription {
        endpoint: body.endpoint,
        p256dh: body.keys.p256dh,
        auth: body.keys.auth,
        device: info.device().map(str::to_owned),
    };
    let subscription = desk.push.subscribe(signed.user, new).await?;
    let location = [(LOCATION, format!("/api/v1/notifications/push-subscriptions/{}", subscription.id))];
    Ok((StatusCode::CREATED, location, Json(PushSubscription::from(subscription))))
}

/// Whether a time in milliseconds is still to come.
#[expect(clippy::cast_precision_loss, reason = "times of our days are exact in 53 bits")]
fn is_ahead(milliseconds: f64) -> bool {
    milliseconds > Utc::now().timestamp_millis() as f64
}
