//! POST requests that can be repeated safely: the same `Idempotency-Key`, the same answer.
//!
//! Answers are kept for 24 hours, sealed with the caller's key. What makes a command happen once even when
//! the process dies before its answer is kept is the log: the command's id follows from caller and key.

mod kept;

use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::id::UserId;
use ring::digest::{Context, SHA256};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use self::kept::{keep, kept};
use crate::auth::Signed;
use crate::body::read;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::problem::{Answer, Problem, describe};

/// How long a repetition waits for the request it repeats.
const PATIENCE: Duration = Duration::from_secs(5);
const KEY: &str = "idempotency-key";

/// The command of a request with an idempotency key, in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatableCommand {
    /// The same whenever this caller uses this key.
    pub command_id: Uuid,
    /// What the request says.
    pub fingerprint: [u8; 32],
}

/// The repeatable requests that this process is serving, each with what ends when it does.
#[derive(Default)]
pub(crate) struct Running(Arc<Turns>);

/// Turns taken, by caller and key.
type Turns = Mutex<HashMap<(UserId, String), watch::Receiver<()>>>;

/// One request's turn; when it is dropped, the next may have it.
struct Turn {
    running: Arc<Turns>,
    key: (UserId, String),
    _ends: watch::Sender<()>,
}

impl Running {
    /// A turn, or what to wait for before asking again.
    fn begin(&self, key: (UserId, String)) -> Result<Turn, watch::Receiver<()>> {
        let mut running = self.0.lock().expect("no panic while a turn begins");
        match running.entry(key.clone()) {
            Entry::Occupied(other) => Err(other.get().clone()),
            Entry::Vacant(place) => {
                let (ends, ended) = watch::channel(());
                place.insert(ended);
                Ok(Turn { running: Arc::clone(&self.0), key, _ends: ends })
            }
        }
    }

    /// A turn within [`PATIENCE`].
    async fn turn(&self, key: (UserId, String)) -> Answer<Turn> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.begin(key.clone()) {
                Ok(turn) => return Ok(turn),
                Err(mut ended) => {
                    if timeout_at(deadline, ended.changed()).await.is_err() {
                        let message = "the request with this idempotency key is still being served";
                        return Err(Problem::conflict("CONFLICT", message).retry_after(1));
                    }
                }
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Ok(mut running) = self.running.lock() {
            running.remove(&self.key);
        }
    }
}

/// Serves a POST with `Idempotency-Key` once and repeats its answer. Requests of nobody and those that hand
/// out tokens are served as they come.
pub(crate) async fn idempotent(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let signs_in = canonical(request.uri().path()).starts_with("/auth/");
    if request.method() != Method::POST || signs_in || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    if is_form(request.headers()) {
        let message =
            "uploads cannot be repeated under an Idempotency-Key; upload again, and use one of both";
        return Problem::invalid(message).into_response();
    }
    match served_once(&desk, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn served_once(desk: &Desk, request: Request, next: Next) -> Answer<Response> {
    let (mut parts, body) = request.into_parts();
    let signed = match <Signed as FromRequestParts<Desk>>::from_request_parts(&mut parts, desk).await {
        Ok(signed) => signed,
        Err(nobody) if nobody.status() == StatusCode::UNAUTHORIZED => {
            return Ok(next.run(Request::from_parts(parts, body)).await);
        }
        // Served without its key, the request could have its effect twice.
        Err(problem) => return Err(problem),
    };
    let caller = signed.user;
    let key = key(&parts.headers)?;
    let exchange = Exchange::of(&parts.extensions);
    let path = canonical(parts.uri.path_and_query().map_or("/", |path| path.as_str())).to_owned();
    let body = read(Request::from_parts(parts.clone(), body), &()).await?;
    let fingerprint = fingerprint(parts.method.as_str(), &path, &body);
    let _turn = desk.running.turn((caller, key.clone())).await?;
    if let Some(response) = kept(desk, caller, &key, fingerprint).await? {
        return Ok(response);
    }
    let command_id = Uuid::new_v5(&caller.0, key.as_bytes());
    parts.extensions.insert(RepeatableCommand { command_id, fingerprint });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(desk, caller, &key, fingerprint, describe(response, &exchange)).await
}

fn key(headers: &HeaderMap) -> Answer<String> {
    let mut values = headers.get_all(KEY).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if (1..=255).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_graphic())
        && values.next().is_none()
    {
        return Ok(value.to_owned());
    }
    Err(Problem::invalid("Idempotency-Key must be one text of 1 to 255 visible ASCII characters"))
}

/// Whether the body is a form with files, which is not read as a whole.
fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/")
}

/// The path without the prefix that some callers leave out.
fn canonical(path: &str) -> &str {
    path.strip_prefix("/api/v1").unwrap_or(path)
}

fn fingerprint(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    for part in [method.as_bytes(), path.as_bytes()] {
        hash.update(part);
        hash.update(&[0]);
    }
    hash.update(body);
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(hash.finish().as_ref());
    fingerprint
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_key_is_one_visible_text() {
        let of = |value: &str| {
            let value = HeaderValue::from_str(value).expect("a header");
            key(&HeaderMap::from_iter([(HeaderName::from_static(KEY), value)]))
                .map_err(|problem| problem.code())
        };
        assert_eq!(of("order-1"), Ok("order-1".to_owned()));
        assert!(of(&"k".repeat(255)).is_ok());
        for bad in ["", "a b", &"k".repeat(256), "é"] {
            assert_eq!(of(bad), Err("VALIDATION_ERROR"), "{bad}");
        }
    }

    #[test]
    fn a_fingerprint_covers_the_request_under_either_path() {
        let of = |path: &str, body: &str| fingerprint("POST", canonical(path), body.as_bytes());
        assert_eq!(of("/api/v1/tickets", "{}"), of("/tickets", "{}"));
        assert_ne!(of("/tickets", "{}"), of("/tickets", "{ }"));
        assert_ne!(of("/tickets", "{}"), of("/users", "{}"));
    }

    #[tokio::test]
    async fn a_repetition_waits_for_the_request_it_repeats() {
        let running = Running::default();
        let key = (UserId(Uuid::nil()), "k".to_owned());
        let first = running.turn(key.clone()).await.expect("free");
        let mut ended = running.begin(key.clone()).err().expect("taken");
        drop(first);
        assert!(ended.changed().await.is_err());
        assert!(running.turn(key).await.is_ok());
        tokio::time::pause();
        let other = (UserId(Uuid::nil()), "other".to_owned());
        let _first = running.turn(other.clone()).await.expect("free");
        let refused = running.turn(other).await.err().expect("still running");
        assert_eq!(refused.status(), StatusCode::CONFLICT);
    }
}
