//! The error body on the wire.

use axum::Json;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::id::UserId;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exchange::Exchange;

/// The body of every answer that is an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What went wrong.
    pub error: ProblemError,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemError {
    /// What programs go by.
    #[schema(example = "NOT_FOUND")]
    pub code: &'static str,
    /// What people read.
    #[schema(example = "there is no such ticket")]
    pub message: String,
    /// What a program needs to react, such as `errors[{field, code, message}]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Map<String, Value>>,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// Names the request in our logs.
    pub request_id: Uuid,
    /// Which request it was.
    pub context: ProblemContext,
}

/// Which request an error belongs to. Never anything personal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemContext {
    /// Who asked; none if nobody was signed in.
    #[schema(value_type = Option<Uuid>)]
    pub user_id: Option<UserId>,
    /// The route's pattern.
    #[schema(example = "/api/v1/tickets/{id}")]
    pub endpoint: String,
    /// How it was asked.
    #[schema(example = "GET")]
    pub method: String,
}

/// What went wrong with a request, for its log line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub(crate) &'static str);

/// Writes the body of an answer that is a problem; leaves every other answer as it is.
#[must_use]
pub fn describe(mut response: Response, exchange: &Exchange) -> Response {
    let Some(problem) = response.extensions_mut().remove::<super::Problem>() else { return response };
    let contents = *problem.0;
    let body = Problem {
        error: ProblemError {
            code: contents.code,
            message: contents.message,
            details: (!contents.details.is_empty()).then_some(contents.details),
            timestamp: Utc::now(),
            request_id: exchange.request_id(),
            context: ProblemContext {
                user_id: exchange.user(),
                endpoint: exchange.endpoint().to_owned(),
                method: exchange.method().to_string(),
            },
        },
    };
    let (mut parts, _) = response.into_parts();
    let (json, body) = Json(body).into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(json.headers);
    parts.extensions.insert(Code(contents.code));
    Response::from_parts(parts, body)
}
