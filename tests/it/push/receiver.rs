//! A push service: a real HTTP server on this machine that can be down, full or gone.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tests::process::free_port;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::PATIENCE;

/// How a push service answers.
#[derive(Debug, Clone)]
pub(super) enum Manner {
    /// With this status.
    Answers(u16),
    /// With this status, and asks to be left alone for so many seconds.
    Asks(u16, u64),
    /// Sends whoever comes to another address.
    SendsTo(String),
    /// Not at all if the address has this in it, and otherwise with 201.
    HangsAt(&'static str),
}

/// A message that came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    /// A header's text; empty without it.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

struct Shared {
    received: Mutex<Vec<Received>>,
    manner: Mutex<Manner>,
}

/// A push service, up or down.
pub(super) struct Receiver {
    pub(super) port: u16,
    shared: Arc<Shared>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Receiver {
    /// One that is not up yet.
    pub(super) fn down() -> Self {
        let shared = Shared { received: Mutex::default(), manner: Mutex::new(Manner::Answers(201)) };
        Self { port: free_port(), shared: Arc::new(shared), running: None }
    }

    pub(super) async fn start() -> Self {
        let mut receiver = Self::down();
        receiver.up().await;
        receiver
    }

    pub(super) async fn up(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.expect("its port");
        let app = Router::new().fallback(receive).with_state(Arc::clone(&self.shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = axum::serve(listener, app).with_graceful_shutdown(stopped).into_future();
        let serving = tokio::spawn(async move { served.await.expect("it serves") });
        self.running = Some((stop, serving));
    }

    /// The address of the browser `name`.
    pub(super) fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/push/{name}", self.port)
    }

    pub(super) fn behaves(&self, manner: Manner) {
        *self.shared.manner.lock().expect("a manner") = manner;
    }

    /// Everything that came.
    pub(super) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("messages").clone()
    }

    /// Waits until `count` messages came.
    pub(super) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let started = Instant::now();
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} came", received.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(method, Method::POST);
    let path = uri.path().to_owned();
    shared.received.lock().expect("messages").push(Received { path: path.clone(), headers, body });
    let manner = shared.manner.lock().expect("a manner").clone();
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    match manner {
        Manner::Answers(code) => status(code).into_response(),
        Manner::Asks(code, seconds) => (status(code), [(RETRY_AFTER, seconds.to_string())]).into_response(),
        Manner::SendsTo(place) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place)]).into_response(),
        Manner::HangsAt(part) if path.contains(part) => std::future::pending().await,
        Manner::HangsAt(_) => StatusCode::CREATED.into_response(),
    }
}
