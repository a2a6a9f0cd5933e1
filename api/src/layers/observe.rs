//! One request seen from outside: its id, its log line, its metrics, and what every answer carries.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, error_span, field};
use uuid::Uuid;

use super::metrics;
use crate::exchange::Exchange;
use crate::problem::{Code, describe};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const UNMATCHED: &str = "unmatched";

/// What answers carry unless the route says otherwise: they are data, not pages, and nobody's to keep. Browsers heed
/// the one about transport only where the desk is behind TLS.
const HEADERS: [(HeaderName, &str); 8] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Names the request, serves it, and notes how that went. Bodies, tokens and query strings are nobody's
/// business.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let exchange = Exchange::new(id, request.method().clone(), endpoint(request.extensions()));
    request.extensions_mut().insert(exchange.clone());
    // At the level of errors, so that no filter of the log takes the request's id from its errors.
    let span = error_span!("request", request_id = %id, user_id = field::Empty);
    async move {
        let mut response = describe(next.run(request).await, &exchange);
        note(&exchange, &response, began.elapsed());
        let id = HeaderValue::try_from(id.to_string()).expect("a UUID is ASCII");
        response.headers_mut().insert(X_REQUEST_ID, id);
        for (name, value) in HEADERS {
            response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        response
    }
    .instrument(span)
    .await
}

/// The caller's own id for the request if it is a UUID, otherwise a new one.
fn request_id(headers: &HeaderMap) -> Uuid {
    let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    given.and_then(|text| Uuid::try_parse(text).ok()).filter(|id| !id.is_nil()).unwrap_or_else(Uuid::now_v7)
}

fn endpoint(extensions: &Extensions) -> String {
    extensions.get::<MatchedPath>().map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned())
}

fn note(exchange: &Exchange, response: &Response, took: Duration) {
    metrics::served(exchange, response.status(), took);
    let (endpoint, method) = (exchange.endpoint(), exchange.method().as_str());
    let status = response.status().as_u16();
    let duration_ms = took.as_secs_f64() * 1_000.0;
    let code = response.extensions().get::<Code>().map(|code| code.0);
    if matches!(endpoint, "/" | "/health" | "/health/ready" | "/metrics") {
        tracing::debug!(method, endpoint, status, duration_ms, code, "request_served");
    } else {
        tracing::info!(method, endpoint, status, duration_ms, code, "request_served");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_own_id_is_kept_if_it_is_one() {
        let of = |value: &'static str| {
            request_id(&HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_static(value))])).to_string()
        };
        let own = "019b76da-a800-7000-8000-000000000000";
        assert_eq!(of(own), own);
        assert_ne!(of("x\" onload="), "x\" onload=");
        assert_ne!(of("00000000-0000-0000-0000-000000000000"), Uuid::nil().to_string());
    }
}
