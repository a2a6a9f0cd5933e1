//! What went wrong, as the caller is told: one error body for every route.
//!
//! A handler says only what is wrong. Who asked, for what and when is filled in on the way out by
//! [`describe`].

mod body;
pub mod declared;
mod sources;
#[cfg(test)]
pub(crate) mod tests;

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use infrastructure::handler::NotNow;
use serde_json::{Map, Value};

pub(crate) use self::body::Code;
pub use self::body::{Problem as ProblemBody, describe};
use crate::settle::Late;

/// What a handler gives: the answer, or what went wrong.
pub type Answer<T> = Result<T, Problem>;

/// What went wrong. Small, since it stands in every handler's result.
#[derive(Debug, Clone)]
pub struct Problem(Box<Contents>);

#[derive(Debug, Clone)]
struct Contents {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Map<String, Value>,
    headers: HeaderMap,
    late: Option<i64>,
}

impl Problem {
    /// What a handler makes of it: while the database is away nothing is wrong with the event.
    #[must_use]
    pub(crate) fn of_handler(&self) -> anyhow::Error {
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            return NotNow("the database or the log is away").into();
        }
        anyhow::anyhow!("it was answered with {}", self.code())
    }

    /// Any problem; the constructors below say what they mean.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let (details, headers) = (Map::new(), HeaderMap::new());
        Self(Box::new(Contents { status, code, message: message.into(), details, headers, late: None }))
    }

    /// 202, the one early end that is no problem: the command was accepted, and what it led to is not
    /// visible yet.
    #[must_use]
    pub fn late(position: i64) -> Self {
        let mut accepted = Self::new(StatusCode::ACCEPTED, "ACCEPTED", "accepted");
        accepted.0.late = Some(position);
        accepted
    }

    /// 400: the request cannot be read.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// 401: the caller is not signed in, or not any more.
    #[must_use]
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "AUTH_INVALID", message)
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: the caller sees the thing but may not do this.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AUTHZ_FORBIDDEN", message)
    }

    /// 404: the thing does not exist, for this caller.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// 405: the address exists, but not for this method.
    #[must_use]
    pub fn wrong_method() -> Self {
        let message = "this address does not answer this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
    }

    /// 409: the present state does not allow it.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 410: the thing was there and is gone for good.
    #[must_use]
    pub fn gone(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, code, message)
    }

    /// 412: it is not what the caller takes it for.
    #[must_use]
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", message)
    }

    /// 413: the body is too long.
    #[must_use]
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    }

    /// 415: the body is of the wrong kind.
    #[must_use]
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    /// 422: the request can be read, and is wrong. For what is wrong with a field there is
    /// [`ValidationErrors`](crate::fields::ValidationErrors).
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", message)
    }

    /// 503: something the desk stands on is away; worth another try.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "DB_ERROR", message).retry_after(1)
    }

    /// 500: a fault of ours, logged here with everything and told to nobody.
    #[must_use]
    pub fn internal(error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "A request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_ERROR",
            "something went wrong on our side; the request id names it in our logs",
        )
    }

    /// Adds what a program needs to react.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds all members of `details`, if it is an object; anything else as `details.value`.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        match details {
            Value::Object(members) => self.0.details.extend(members),
            other => {
                self.0.details.insert("value".to_owned(), other);
            }
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, seconds.into())
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What people read.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What a program needs to react.
    pub(crate) fn particulars(&self) -> &Map<String, Value> {
        &self.0.details
    }

    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

impl IntoResponse for Problem {
    /// Without a body: [`describe`] writes it, which knows the request.
    fn into_response(self) -> Response {
        if let Some(position) = self.0.late {
            return Late::answer(position);
        }
        let mut response = (self.0.status, self.0.headers.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
