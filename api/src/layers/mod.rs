//! What every request passes through on its way to a route, and serving until told to stop.
//!
//! From the outside in: trailing slash, `observe` (id, log line, metrics, error bodies, headers), CORS,
//! compression, time limit, database at hand, panics, who asks and how often, body limit, `min_position`, `Idempotency-Key`, route.

mod fallback;
mod limit;
pub(crate) mod metrics;
mod observe;
mod reach;
mod serve;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_MATCH, IF_RANGE, LINK, LOCATION, RANGE, RETRY_AFTER,
};
use axum::http::uri::PathAndQuery;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;
use tower::util::MapRequest;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::cors::CorsLayer;

use crate::body::LONGEST_BODY;
use crate::desk::Desk;
use crate::{idempotency, settle, sockets};

pub(crate) use self::limit::count;
pub use self::serve::serve;

/// How long browsers may remember what other sites may do.
const PREFLIGHT_KEPT: Duration = Duration::from_mins(10);

/// `routes` behind all the layers.
pub(crate) fn around(desk: Desk, routes: Router<Desk>) -> Router {
    metrics::install();
    let origins = desk.config.server.cors_origins.clone();
    let worth_it = DefaultPredicate::new().and(may_change);
    let layers = ServiceBuilder::new()
        .layer(from_fn(observe::observe))
        .option_layer((!origins.is_empty()).then(|| cors(&origins)))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(worth_it))
        .layer(from_fn(fallback::in_time))
        .layer(from_fn_with_state(desk.clone(), reach::reach))
        .layer(CatchPanicLayer::custom(fallback::panicked))
        .layer(from_fn(sockets::bring_token))
        .layer(from_fn_with_state(desk.clone(), limit::limit))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(desk.clone(), settle::min_position))
        .layer(from_fn_with_state(desk.clone(), idempotency::idempotent));
    let routes = routes
        .fallback(fallback::nothing_here)
        .method_not_allowed_fallback(fallback::wrong_method)
        .layer(layers)
        .with_state(desk);
    Router::new().fallback_service(MapRequest::new(routes, without_trailing_slash))
}

/// Whether an answer may reach the client otherwise than it is: unless it says that it may not.
fn may_change(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let said = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !said.contains("no-transform")
}

/// The pages of exactly these sites may call the API, with tokens but never with cookies.
fn cors(origins: &[String]) -> CorsLayer {
    let names = |names: &'static [&'static str]| names.iter().map(|name| HeaderName::from_static(name));
    let asked = [AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_RANGE, RANGE].into_iter();
    let told =
        [ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, LINK, LOCATION, RETRY_AFTER].into_iter();
    CorsLayer::new()
        .allow_origin(origins.iter().filter_map(|o| HeaderValue::from_str(o).ok()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(
            asked.chain(names(&["idempotency-key", "x-request-id", "x-min-position"])).collect::<Vec<_>>(),
        )
        .expose_headers(
            told.chain(names(&["x-request-id", "x-ledger-position", "idempotency-replayed"]))
                .chain(limit::TOLD)
                .collect::<Vec<_>>(),
        )
        .max_age(PREFLIGHT_KEPT)
}

/// `/tickets/` is `/tickets`. The pages of `/docs/` are relative to it and stay where they are.
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() == path.len() || trimmed.is_empty() || path == "/docs/" {
        return request;
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{trimmed}{query}")).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_trailing_slash_changes_nothing() {
        let cases = [
            ("/tickets/", "/tickets"),
            ("/tickets/?a=/", "/tickets?a=/"),
            ("/tickets?a=/", "/tickets?a=/"),
            ("/", "/"),
            ("/docs/", "/docs/"),
        ];
        for (sent, served) in cases {
            let request = Request::get(sent).body(Body::empty()).expect("a request");
            assert_eq!(without_trailing_slash(request).uri().to_string(), served);
        }
    }
}
