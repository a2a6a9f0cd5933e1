//! Answers when no route gives one: no such address, wrong method, too slow, a panic.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(15);

pub(super) async fn nothing_here() -> Problem {
    Problem::not_found("there is nothing at this address; /docs shows what there is")
}

/// Which methods there are is said by the header `Allow`, which the router adds.
pub(super) async fn wrong_method() -> Problem {
    Problem::wrong_method()
}

/// How much longer a reader of the log may wait for an event.
const LONG_POLL: Duration = Duration::from_secs(25);

/// How long an upload may take: ten megabytes at some thirty kilobytes in a second.
const UPLOAD_LIMIT: Duration = Duration::from_mins(5);

/// A request that takes longer is given up. Its command may have been accepted all the same.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let is_upload = request.method() == Method::POST && path.ends_with("/attachments");
    let limit = match path {
        "/events" => TIME_LIMIT + LONG_POLL,
        _ if is_upload => UPLOAD_LIMIT,
        _ => TIME_LIMIT,
    };
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        tracing::warn!("A request took too long");
        Problem::unavailable("the request took too long; whether it had an effect is unknown").into_response()
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what the layer hands over")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of unknown cause");
    Problem::internal(&anyhow::anyhow!("panic: {text}")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::super::observe::observe;
    use super::*;

    fn app() -> Router {
        Router::new()
            .route("/things/{id}", get(async || "a thing"))
            .route("/panic", get(async || -> () { panic!("hush") }))
            .route("/slow", get(async || std::future::pending::<()>().await))
            .fallback(nothing_here)
            .method_not_allowed_fallback(wrong_method)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(in_time))
            .layer(from_fn(observe))
    }

    async fn send(method: &str, path: &str) -> (Response<()>, serde_json::Value) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let (parts, body) = app().oneshot(request).await.expect("an answer").into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        (Response::from_parts(parts, ()), serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn every_answer_has_an_id_and_is_locked_down() {
        let (response, _) = send("GET", "/things/1").await;
        assert_eq!(response.status(), 200);
        for name in ["x-request-id", "x-content-type-options", "content-security-policy", "cache-control"] {
            assert!(response.headers().contains_key(name), "{name}");
        }
    }

    #[tokio::test]
    async fn what_no_route_answers_is_a_problem_too() {
        let (response, body) = send("GET", "/nowhere?token=hush").await;
        assert_eq!((response.status().as_u16(), &body["error"]["code"]), (404, &"NOT_FOUND".into()));
        assert!(!body.to_string().contains("hush"));
        let id = response.headers()["x-request-id"].to_str().expect("text");
        assert_eq!(body["error"]["request_id"], id);
        let (response, body) = send("DELETE", "/things/1").await;
        assert_eq!((response.status().as_u16(), &body["error"]["code"]), (405, &"METHOD_NOT_ALLOWED".into()));
        assert_eq!(response.headers()["allow"], "GET,HEAD");
        assert_eq!(body["error"]["context"]["endpoint"], "/things/{id}");
        let (response, body) = send("GET", "/panic").await;
        assert_eq!((response.status().as_u16(), &body["error"]["code"]), (500, &"INTERNAL_ERROR".into()));
        assert!(!body.to_string().contains("hush"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let (response, body) = send("GET", "/slow").await;
        assert_eq!((response.status().as_u16(), &body["error"]["code"]), (503, &"DB_ERROR".into()));
        assert!(response.headers().contains_key("retry-after"));
    }
}
