//! The connection itself: frames in and out, and how it ends.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::sync::watch;

use super::end::End;
use crate::desk::Desk;

/// How many bytes a frame may have.
pub(super) const LONGEST: usize = 64 << 10;
/// Beyond this a frame is not even read.
pub(super) const READ_AT_MOST: usize = 128 << 10;
/// How long a client has to take the close frame, and to answer it.
const FAREWELL: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(1);

/// One connection.
pub(super) struct Wire {
    socket: WebSocket,
    /// Why it has to end, once it has.
    cut: watch::Receiver<Option<End>>,
    desk: Desk,
}

impl Wire {
    /// `socket`, which nobody cuts yet.
    pub(super) fn new(socket: WebSocket, desk: Desk) -> Self {
        let (_, cut) = watch::channel(None);
        Self { socket, cut, desk }
    }

    /// From now on it ends when `cut` says so.
    pub(super) fn cut_by(&mut self, cut: watch::Receiver<Option<End>>) {
        self.cut = cut;
    }

    /// Sends a text, unless it has to end before the client takes it.
    pub(super) async fn send(&mut self, text: String) -> Result<(), End> {
        self.push(Message::text(text)).await
    }

    /// Asks whether the client is there.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        self.push(Message::Ping(Vec::new().into())).await
    }

    async fn push(&mut self, message: Message) -> Result<(), End> {
        tokio::select! {
            biased;
            end = has_to_end(&mut self.cut, &self.desk) => Err(end),
            sent = self.socket.send(message) => sent.map_err(|_| End::Gone),
        }
    }

    /// The next frame: its text, or nothing for one that only shows that the client is there.
    pub(super) async fn next(&mut self) -> Result<Option<Utf8Bytes>, End> {
        let next = tokio::select! {
            biased;
            end = has_to_end(&mut self.cut, &self.desk) => return Err(end),
            next = self.socket.recv() => next,
        };
        match next {
            Some(Ok(Message::Text(text))) if text.len() > LONGEST => Err(End::too_long()),
            Some(Ok(Message::Text(text))) => Ok(Some(text)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Binary(bytes))) if bytes.len() > LONGEST => Err(End::too_long()),
            Some(Ok(Message::Binary(_))) => Err(End::binary()),
            Some(Err(error)) if error.to_string().contains("too long") => Err(End::too_long()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
        }
    }

    /// Says why it ends, and waits a moment for the client to hear it.
    pub(super) async fn close(mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        let farewell = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        if matches!(tokio::time::timeout(FAREWELL, self.socket.send(farewell)).await, Ok(Ok(()))) {
            let answered = async { while let Some(Ok(_)) = self.socket.recv().await {} };
            let _ = tokio::time::timeout(ANSWER, answered).await;
        }
    }
}

/// Returns when the connection has to end.
async fn has_to_end(cut: &mut watch::Receiver<Option<End>>, desk: &Desk) -> End {
    let told = async {
        let end = cut.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        match end {
            Some(end) => end,
            // Nobody is left who could say so.
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        end = told => end,
        () = desk.streams.closing() => End::shutting_down(),
    }
}
