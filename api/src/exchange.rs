//! One request and its answer, as logs, metrics and error bodies name them.

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, Method};
use domain::id::UserId;
use uuid::Uuid;

/// What is known of a request besides its content; shared by everything that serves it.
#[derive(Debug, Clone)]
pub struct Exchange(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    request_id: Uuid,
    method: Method,
    endpoint: String,
    user: OnceLock<UserId>,
}

impl Exchange {
    /// A request to `endpoint` (the route's pattern, never the address as sent), from nobody yet.
    #[must_use]
    pub fn new(request_id: Uuid, method: Method, endpoint: String) -> Self {
        Self(Arc::new(Facts { request_id, method, endpoint, user: OnceLock::new() }))
    }

    /// The exchange of the request with these extensions; a nameless one outside of the desk's layers.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        let known = extensions.get::<Self>().cloned();
        known.unwrap_or_else(|| Self::new(Uuid::now_v7(), Method::GET, String::new()))
    }

    /// Names the request in logs, in its answer, and as the correlation of the events that follow.
    #[must_use]
    pub fn request_id(&self) -> Uuid {
        self.0.request_id
    }

    /// How it was asked.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The pattern of the route that serves it, such as `/api/v1/users/{id}`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// Who asks, once that is known.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.0.user.get().copied()
    }

    /// Notes who asks.
    pub fn signed_by(&self, user: UserId) {
        if self.0.user.set(user).is_ok() {
            tracing::Span::current().record("user_id", tracing::field::display(user));
        }
    }
}
