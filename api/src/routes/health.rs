//! Whether the desk is well.

use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use infrastructure::handler;
use infrastructure::language_model::{self, State as Breaker};
use infrastructure::mail;
use infrastructure::projection::{Status, status};
use infrastructure::push;
use infrastructure::relay::Status as RelayStatus;
use infrastructure::webhook;
use metrics::gauge;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::address::is_of_this_machine;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::layers::metrics::render;
use crate::problem::declared::Forbidden;
use crate::problem::{Answer, Problem};

/// Read models that are further behind do not count as serving, in seconds.
const LONGEST_LAG: f64 = 10.0;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(root))
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(version))
        .routes(routes!(show_metrics))
}

/// That the process is there.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// Who answers.
    #[schema(example = "ledgerdesk")]
    service: &'static str,
}

/// Which program answers.
#[derive(Serialize, ToSchema)]
struct ProgramVersion {
    /// The program.
    #[schema(example = "ledgerdesk")]
    service: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// That requests can be served.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// Always `ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// How far each read model has come.
    #[schema(value_type = Vec<Object>)]
    projections: Vec<Status>,
    /// How far each handler has come.
    #[schema(value_type = Vec<Object>)]
    handlers: Vec<handler::Status>,
    /// How the relay to NATS is doing, if there is one; the desk serves whether it does or not.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    relay: Option<RelayStatus>,
    /// How outgoing mail is doing; the desk serves whether it does or not.
    #[schema(value_type = Object)]
    mail: mail::Status,
    /// How webhooks are doing; the desk serves whether they do or not.
    #[schema(value_type = Object)]
    webhooks: webhook::Status,
    /// How telling browsers is doing; the desk serves whether it does or not.
    #[schema(value_type = Object)]
    push: push::Status,
    /// Whether the language model is asked, and what it cost today, if one is configured; the desk serves whether it answers
    /// or not.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    language_model: Option<language_model::Status>,
}

const HEALTH: Health = Health { status: "ok", service: "ledgerdesk" };

/// Greet
#[utoipa::path(
    get, path = "/", operation_id = "root", tag = "ops",
    responses((status = 200, description = "The desk is there.", body = Health)),
)]
async fn root() -> Json<Health> {
    Json(HEALTH)
}

/// Show whether the process is alive
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = "ops",
    responses((status = 200, description = "It is.", body = Health)),
)]
async fn health() -> Json<Health> {
    Json(HEALTH)
}

/// Show which version this is
#[utoipa::path(
    get, path = "/version", operation_id = "version", tag = "ops",
    responses((status = 200, description = "The version.", body = ProgramVersion)),
)]
async fn version() -> Json<ProgramVersion> {
    Json(ProgramVersion { service: "ledgerdesk", version: env!("CARGO_PKG_VERSION") })
}

/// Show whether requests can be served
///
/// The database answers, its schema is the program's, every read model is at most ten seconds behind and has
/// taken every event, and no handler has parked one. What the relay to NATS is at and how many mails
/// wait or were given up is shown, and decides nothing.
#[utoipa::path(
    get, path = "/health/ready", operation_id = "ready", tag = "ops",
    responses(
        (status = 200, description = "They can.", body = Ready),
        (status = 503, description = "They cannot; the details say why.", body = crate::problem::ProblemBody),
    ),
)]
async fn ready(State(desk): State<Desk>) -> Answer<Json<Ready>> {
    let unreachable = |error: sqlx::Error| {
        tracing::warn!(%error, "The desk is not ready");
        not_ready("the database", json!({ "database": "unavailable" }))
    };
    if !desk.database.is_migrated().await.map_err(unreachable)? {
        return Err(not_ready("the schema", json!({ "database": "ok", "schema": "outdated" })));
    }
    let projections = status(desk.pool()).await.map_err(unreachable)?;
    let relay = desk.relay.as_ref().map(|relay| relay.borrow().clone());
    let behind = |model: &Status| model.parked > 0 || model.lag_seconds > LONGEST_LAG;
    if projections.iter().any(behind) {
        let details = json!({ "database": "ok", "schema": "ok", "projections": projections, "relay": relay });
        return Err(not_ready("the read models", details));
    }
    let handlers = handler::status(desk.pool()).await.map_err(unreachable)?;
    if handlers.iter().any(|handler| handler.parked > 0) {
        let details = json!({ "database": "ok", "schema": "ok", "handlers": handlers });
        return Err(not_ready("the handlers", details));
    }
    let mail = mail::status(desk.pool()).await.map_err(unreachable)?;
    let webhooks = webhook::status(desk.pool()).await.map_err(unreachable)?;
    let push = push::status(desk.pool()).await.map_err(unreachable)?;
    let language_model = match &desk.language_model {
        Some(model) => Some(model.status().await.map_err(unreachable)?),
        None => None,
    };
    Ok(Json(Ready { status: "ready", projections, handlers, relay, mail, webhooks, push, language_model }))
}

fn not_ready(what: &str, details: Value) -> Problem {
    Problem::unavailable(format!("not ready: {what}")).details(details).retry_after(2)
}

/// Somebody who may read the metrics: on this machine, or an administrator.
struct Insider;

impl FromRequestParts<Desk> for Insider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        if is_of_this_machine(desk, parts) {
            return Ok(Self);
        }
        <Admin as FromRequestParts<Desk>>::from_request_parts(parts, desk).await.map(|_| Self)
    }
}

/// Show the metrics, as Prometheus reads them
///
/// On this machine to everybody, from elsewhere to administrators.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "ops",
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain"),
        crate::problem::declared::Guarded, Forbidden,
    ),
    security((), ("bearerAuth" = [])),
)]
async fn show_metrics(_: Insider, State(desk): State<Desk>) -> Answer<impl IntoResponse> {
    // Looked up here, so that every node says the same.
    let count = |count: i64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if let Ok(mail) = mail::status(desk.pool()).await {
        gauge!("ledgerdesk_mail_waiting").set(count(mail.waiting));
        gauge!("ledgerdesk_mail_waiting_oldest_seconds").set(mail.oldest_seconds);
        gauge!("ledgerdesk_mail_given_up").set(count(mail.given_up));
    }
    if let Ok(webhooks) = webhook::status(desk.pool()).await {
        gauge!("ledgerdesk_webhooks_waiting").set(count(webhooks.waiting));
        gauge!("ledgerdesk_webhooks_waiting_oldest_seconds").set(webhooks.oldest_seconds);
        gauge!("ledgerdesk_webhooks_given_up").set(count(webhooks.given_up));
    }
    if let Ok(push) = push::status(desk.pool()).await {
        gauge!("ledgerdesk_push_subscriptions").set(count(push.subscriptions));
        gauge!("ledgerdesk_push_waiting").set(count(push.waiting));
        gauge!("ledgerdesk_push_waiting_oldest_seconds").set(push.oldest_seconds);
        gauge!("ledgerdesk_push_given_up").set(count(push.given_up));
    }
    if let Some(model) = &desk.language_model
        && let Ok(model) = model.status().await
    {
        let tokens = |tokens: u64| f64::from(u32::try_from(tokens).unwrap_or(u32::MAX));
        gauge!("ledgerdesk_language_model_open").set(f64::from(u8::from(model.state != Breaker::Closed)));
        gauge!("ledgerdesk_language_model_tokens_today").set(tokens(model.tokens_today));
        gauge!("ledgerdesk_language_model_tokens_per_day").set(tokens(model.tokens_per_day));
        gauge!("ledgerdesk_language_model_spent").set(f64::from(u8::from(model.is_spent)));
    }
    let text = render().ok_or_else(|| Problem::unavailable("another program's recorder is in place"))?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
