//! Somebody who is told: a real HTTP server on this machine that can be down, slow, full or gone.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tests::process::free_port;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::PATIENCE;

/// How a receiver answers.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// Takes everything.
    Takes,
    /// Answers with this status.
    Answers(u16),
    /// Answers with this status and asks to be left alone for so many seconds.
    Asks(u16, u64),
    /// Sends whoever comes to another address.
    SendsTo(String),
    /// Takes so many messages, and answers none of the others.
    TakesFirst(usize),
    /// Takes everything that does not have this in it, and answers that with 500.
    TakesAllBut(&'static str),
    /// Takes everything, and talks without end.
    Talks,
    /// Never answers.
    Hangs,
}

/// A message that came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
    /// Whether it was taken.
    pub(crate) is_taken: bool,
}

impl Received {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The ticket and the position of the event.
    pub(crate) fn place(&self) -> (String, i64) {
        let data = &self.json()["data"];
        (data["subject"].as_str().expect("a subject").to_owned(), data["pos"].as_i64().expect("a position"))
    }
}

struct Shared {
    received: Mutex<Vec<Received>>,
    manner: Mutex<Manner>,
    /// How many bytes it talked.
    talked: AtomicUsize,
}

/// A receiver, up or down.
pub(crate) struct Receiver {
    port: u16,
    shared: Arc<Shared>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Receiver {
    /// One that is not up yet.
    pub(crate) fn down() -> Self {
        let shared = Shared {
            received: Mutex::default(),
            manner: Mutex::new(Manner::Takes),
            talked: AtomicUsize::new(0),
        };
        Self { port: free_port(), shared: Arc::new(shared), running: None }
    }

    pub(crate) async fn start() -> Self {
        let mut receiver = Self::down();
        receiver.up().await;
        receiver
    }

    pub(crate) async fn up(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.expect("its port");
        let app = Router::new().fallback(receive).with_state(Arc::clone(&self.shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = axum::serve(listener, app).with_graceful_shutdown(stopped).into_future();
        let serving = tokio::spawn(async move { served.await.expect("it serves") });
        self.running = Some((stop, serving));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn behaves(&self, manner: Manner) {
        *self.shared.manner.lock().expect("a manner") = manner;
    }

    /// Everything that came, taken or not.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("messages").clone()
    }

    /// What was taken.
    pub(crate) fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|received| received.is_taken).collect()
    }

    /// How many bytes it talked.
    pub(crate) fn talked(&self) -> usize {
        self.shared.talked.load(Ordering::Relaxed)
    }

    /// Waits until `count` messages came, taken or not.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait(count, Self::received).await
    }

    /// Waits until `count` messages were taken.
    pub(crate) async fn wait_for_taken(&self, count: usize) -> Vec<Received> {
        self.wait(count, Self::taken).await
    }

    async fn wait(&self, count: usize, of: impl Fn(&Self) -> Vec<Received>) -> Vec<Received> {
        let started = Instant::now();
        loop {
            let those = of(self);
            if those.len() >= count {
                return those;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} came", those.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Shared {
    /// Notes a message and says whether it is taken.
    fn note(&self, manner: &Manner, headers: &HeaderMap, body: &Bytes) -> bool {
        let of = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let body = String::from_utf8(body.to_vec()).expect("a text");
        let mut received = self.received.lock().expect("messages");
        let is_taken = match manner {
            Manner::Takes | Manner::Talks => true,
            Manner::TakesFirst(count) => received.len() < *count,
            Manner::TakesAllBut(text) => !body.contains(text),
            Manner::Answers(status) => (200..300).contains(status),
            Manner::Asks(..) | Manner::SendsTo(_) | Manner::Hangs => false,
        };
        received.push(Received {
            id: of("webhook-id"),
            timestamp: of("webhook-timestamp"),
            signature: of("webhook-signature"),
            body,
            is_taken,
        });
        is_taken
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let manner = shared.manner.lock().expect("a manner").clone();
    let is_taken = shared.note(&manner, &headers, &body);
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    match manner {
        Manner::Takes => StatusCode::NO_CONTENT.into_response(),
        Manner::Answers(code) => (status(code), "WORDS OF THE RECEIVER").into_response(),
        Manner::Asks(code, seconds) => (status(code), [(RETRY_AFTER, seconds.to_string())]).into_response(),
        Manner::SendsTo(place) => (StatusCode::FOUND, [(LOCATION, place)]).into_response(),
        Manner::TakesAllBut(_) | Manner::TakesFirst(_) if is_taken => StatusCode::OK.into_response(),
        Manner::TakesAllBut(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Manner::Talks => Body::from_stream(futures::stream::repeat_with(move || {
            shared.talked.fetch_add(4_096, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 4_096]))
        }))
        .into_response(),
        Manner::TakesFirst(_) | Manner::Hangs => std::future::pending().await,
    }
}
