//! A client of the WebSocket.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PATIENCE: Duration = Duration::from_secs(15);

/// An open socket.
pub(crate) struct Socket(pub(super) WebSocketStream<MaybeTlsStream<TcpStream>>);

/// A request for the socket at `path`, to be completed.
pub(crate) fn request(desk: &TestDesk, path: &str) -> Request<()> {
    desk.url(path).replace("http://", "ws://").into_client_request().expect("a request")
}

impl Socket {
    /// The socket of `who`, welcomed.
    pub(crate) async fn open(desk: &TestDesk, who: &Somebody) -> Self {
        Self::at(desk, who, "/ws").await
    }

    /// The socket of `who` at `path`, welcomed.
    pub(crate) async fn at(desk: &TestDesk, who: &Somebody, path: &str) -> Self {
        let mut socket = Self::greeted(desk, who, path).await;
        let welcome = socket.next().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        assert!(welcome["session_id"].is_string() && welcome["head"].is_i64(), "{welcome}");
        socket
    }

    /// The socket of `who` at `path`, of which nothing was read.
    pub(crate) async fn greeted(desk: &TestDesk, who: &Somebody, path: &str) -> Self {
        let mut request = request(desk, path);
        let header = format!("Bearer {}", who.token).parse().expect("a header");
        request.headers_mut().insert("authorization", header);
        Self::with(request).await.expect("a socket")
    }

    /// The socket that `request` opens.
    pub(crate) async fn with(request: Request<()>) -> Result<Self, Error> {
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    /// The socket of `who`, in `rooms` from now on.
    pub(crate) async fn in_rooms(desk: &TestDesk, who: &Somebody, rooms: &[&str]) -> Self {
        let mut socket = Self::open(desk, who).await;
        socket.enter(rooms, None).await;
        socket
    }

    /// Enters `rooms`, which are theirs, behind `since`.
    pub(crate) async fn enter(&mut self, rooms: &[&str], since: Option<i64>) {
        self.send(json!({ "type": "subscribe", "rooms": rooms, "since": since })).await;
        for room in rooms {
            let subscribed = self.next().await;
            assert_eq!(subscribed["type"], "subscribed", "{room}: {subscribed}");
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it is sent");
    }

    /// The next frame, or how it was closed; none if it broke.
    pub(crate) async fn heard(&mut self) -> Option<Result<Value, (u16, String)>> {
        let next = async {
            loop {
                match self.0.next().await?.ok()? {
                    Message::Text(text) => {
                        return Some(Ok(serde_json::from_str(text.as_str()).expect("JSON")));
                    }
                    Message::Close(Some(frame)) => {
                        return Some(Err((frame.code.into(), frame.reason.to_string())));
                    }
                    Message::Close(None) => return None,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("a frame in time")
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        match self.heard().await {
            Some(Ok(frame)) => frame,
            other => panic!("no frame: {other:?}"),
        }
    }

    /// The next frame of this type; what comes before it is passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next event of this name; what comes before it is passed over.
    pub(crate) async fn event_of(&mut self, name: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["event"] == name {
                return frame;
            }
        }
    }

    /// The events up to the one that says `marker`, which is not among them.
    pub(crate) async fn events_until(&mut self, marker: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["message"]["content"] == marker {
                return events;
            }
            events.push(frame);
        }
    }

    /// The code that it is closed with; what comes before is passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match self.heard().await {
                Some(Ok(_)) => {}
                Some(Err((code, reason))) => {
                    assert!(!reason.is_empty(), "{code} without a reason");
                    return code;
                }
                None => panic!("it broke without saying why"),
            }
        }
    }

    /// Fails if anything comes within so many milliseconds.
    pub(crate) async fn is_silent(&mut self, ms: u64) {
        let heard = tokio::time::timeout(Duration::from_millis(ms), self.next()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

/// What the events are called.
pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap_or("?")).collect()
}
