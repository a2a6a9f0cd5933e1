//! A client of server-sent events, as the standard describes one.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;
use tests::desk::{Somebody, TestDesk};

use super::STREAM;

/// What stands between two empty lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) comment: Option<String>,
}

/// An open stream.
pub(crate) struct Follower {
    response: Response,
    buffer: Vec<u8>,
}

impl Follower {
    /// The stream that `who` gets with `query`.
    pub(crate) async fn open(desk: &TestDesk, who: &Somebody, query: &str) -> Self {
        let request = desk.request(Some(who), Method::GET, &format!("{STREAM}?{query}"));
        let request = request.timeout(Duration::from_mins(2));
        Self::of(request.send().await.expect("an answer"))
    }

    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: Vec::new() }
    }

    /// The next frame; none when the stream has ended or broke.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let lines: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(read(&String::from_utf8(lines).expect("UTF-8")));
            }
            let chunk = self.response.chunk().await.ok()??;
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// The next event; none when the stream has ended. Fails when it takes longer than ten seconds.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let next = async {
            loop {
                match self.frame().await {
                    Some(frame) if frame.data.is_none() => {}
                    other => return other,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next).await.expect("an event in time")
    }

    /// The next so many events.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        while frames.len() < count {
            frames.push(self.next().await.expect("the stream goes on"));
        }
        frames
    }
}

fn read(lines: &str) -> Frame {
    let mut frame = Frame::default();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => frame.id = Some(value.to_owned()),
            "event" => frame.event = Some(value.to_owned()),
            "data" => frame.data = Some(serde_json::from_str(value).expect("JSON")),
            "" => frame.comment = Some(value.to_owned()),
            "retry" => {}
            other => panic!("{other} is no field"),
        }
    }
    frame
}

/// The types of the events in `frames`.
pub(crate) fn types(frames: &[Frame]) -> Vec<String> {
    let of = |frame: &Frame| frame.data.as_ref().and_then(|data| data["type"].as_str()).map(str::to_owned);
    frames.iter().filter_map(of).collect()
}
