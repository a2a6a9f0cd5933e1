//! Reading one's own writes: an answer waits until the read models show what it is about.

use std::time::Duration;

use application::Done;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};
use crate::query::{MIN_POSITION, parameters};

/// How long anybody waits for the read models.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
const LEDGER_POSITION: HeaderName = HeaderName::from_static("x-ledger-position");
const X_MIN_POSITION: &str = "x-min-position";

/// A command's outcome that every read model shows. In an answer it is the header `X-Ledger-Position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled(Option<i64>);

/// The body of a 202: accepted for good, and not yet visible.
#[derive(Debug, Serialize, ToSchema)]
pub struct Late {
    /// What people read.
    #[schema(example = "accepted; read it with min_position")]
    pub message: &'static str,
    /// From which position on it will be visible.
    pub position: i64,
}

impl Desk {
    /// Waits until the read models show what `done` led to.
    ///
    /// # Errors
    /// It takes too long; as a [`Problem`], so that `?` answers 202 with the position.
    pub async fn settled(&self, done: Done) -> Answer<Settled> {
        let led_to = done.position();
        // That nothing changed rests on events that the read models may not show yet, either.
        let position = match led_to {
            Some(position) => position,
            None => self.log.head().await?,
        };
        if self.visible.wait(position, PATIENCE).await {
            Ok(Settled(led_to))
        } else {
            Err(Problem::late(position))
        }
    }
}

impl Settled {
    /// The same, with what followed up to `position` and is visible, too.
    pub(crate) fn or_later(self, position: Option<i64>) -> Self {
        Self(position.or(self.0))
    }
}

impl IntoResponseParts for Settled {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(position) = self.0 {
            parts.headers_mut().insert(LEDGER_POSITION, position.into());
        }
        Ok(parts)
    }
}

impl Late {
    /// The answer to a command whose outcome, at `position`, is not visible yet. The same request sent again
    /// under the same idempotency key has the answer in full.
    pub(crate) fn answer(position: i64) -> Response {
        let late = Self { message: "accepted; read it with min_position", position };
        let retry = (axum::http::header::RETRY_AFTER, "1".to_owned());
        let at = (LEDGER_POSITION, position.to_string());
        (StatusCode::ACCEPTED, [retry, at], axum::Json(late)).into_response()
    }
}

/// Any GET with `min_position` (or the header `X-Min-Position`) is served from there on.
pub(crate) async fn min_position(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        match asked_for(&request) {
            Ok(None) => {}
            Ok(Some(position)) if desk.visible.wait(position, PATIENCE).await => {}
            Ok(Some(position)) => {
                let message = "the read models have not reached this position yet";
                return Problem::unavailable(message).detail("position", position).into_response();
            }
            Err(problem) => return problem.into_response(),
        }
    }
    next.run(request).await
}

fn asked_for(request: &Request) -> Answer<Option<i64>> {
    let in_header =
        request.headers().get(X_MIN_POSITION).map(|value| value.to_str().unwrap_or("").to_owned());
    let in_query = match request.uri().query() {
        Some(query) if query.contains(MIN_POSITION) => parameters(request.uri())?.remove(MIN_POSITION),
        _ => None,
    };
    let Some(text) = in_query.or(in_header) else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(position) if position >= 0 => Ok(Some(position)),
        _ => {
            let mut errors = ValidationErrors::default();
            errors.add(
                MIN_POSITION,
                "invalid",
                "must be a position of the log, as X-Ledger-Position gave it",
            );
            Err(errors.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_position_is_asked_for_in_the_query_or_in_a_header() {
        let of = |uri: &str, header: Option<&str>| {
            let mut request = Request::get(uri);
            if let Some(value) = header {
                request = request.header(X_MIN_POSITION, value);
            }
            asked_for(&request.body(Body::empty()).expect("a request"))
                .map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(of("/", None), Ok(None));
        assert_eq!(of("/?a=1&min_position=7", None), Ok(Some(7)));
        assert_eq!(of("/", Some("8")), Ok(Some(8)));
        for bad in ["x", "-1", "1.5", "", "99999999999999999999"] {
            assert_eq!(of(&format!("/?min_position={bad}"), None), Err(422), "{bad}");
        }
    }
}
