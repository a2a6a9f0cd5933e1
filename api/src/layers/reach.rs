//! Nobody waits for a database that does not answer.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::desk::Desk;
use crate::problem::Problem;

/// What is answered without the database.
const WITHOUT: [&str; 5] = ["/", "/health", "/version", "/openapi.json", "/metrics"];

/// Answers 503 as soon as the database is known not to answer, also to those who wait for it already. What a
/// command cut off this way led to is unknown; the same `Idempotency-Key` tells.
pub(super) async fn reach(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if !needs_database(request.uri().path()) {
        return next.run(request).await;
    }
    let reachable = desk.reachable.clone();
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = reachable.lost() => Problem::unavailable("the database does not answer").into_response(),
    }
}

fn needs_database(path: &str) -> bool {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    !WITHOUT.contains(&path) && !path.starts_with("/docs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_database_is_answered_without_it() {
        for path in ["/", "/health", "/api/v1/health", "/docs/", "/docs/index.css", "/openapi.json"] {
            assert!(!needs_database(path), "{path}");
        }
        for path in ["/health/ready", "/api/v1/tickets", "/tickets", "/auth/login"] {
            assert!(needs_database(path), "{path}");
        }
    }
}
