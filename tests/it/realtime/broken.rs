//! Frames that are broken, far too long, or come with a token that has ended meanwhile.

use std::time::Duration;

use chrono::Utc;
use futures::SinkExt as _;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::client::{Socket, request};
use super::{id_of, note, room_of, say};

const MEGABYTE: usize = 1 << 20;

/// A frame in which a client says something, of so many bytes in parts.
fn parts(count: usize, length: usize) -> impl Iterator<Item = Message> {
    (0..count).map(move |part| {
        let kind = if part == 0 { Data::Text } else { Data::Continue };
        Message::Frame(Frame::message(vec![b'x'; length], OpCode::Data(kind), part + 1 == count))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_json_is_answered_and_the_socket_goes_on() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let own = id_of(&ticket);
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_within = format!(r#"{{"type":"subscribe","rooms":{deep}}}"#);
    let half = format!(r#"{{"type":"chat","ticket_id":"{own}","content":"Hel"#);
    let surrogate =
        format!(r#"{{"type":"chat","ticket_id":"{own}","content":"\ud800","client_msg_id":"1"}}"#);
    let frames = [
        "",
        " ",
        "\0",
        "{",
        "}",
        "null",
        "\"ping\"",
        "1e999",
        "{\"type\":\"ping\"",
        "{\"type\":\"ping\"}{\"type\":\"ping\"}",
        "{'type':'ping'}",
        "{\"type\":\"ping\",}",
        "{\"type\":\"read\",\"ticket_id\":\"1\",\"pos\":1e999}",
        "{\"type\":\"subscribe\",\"rooms\":[null]}",
        "\u{feff}{\"type\":\"ping\"}",
        &half,
        &surrogate,
        &deep,
        &deep_within,
    ];
    let head = desk.head().await;
    let mut socket = Socket::open(&desk, &ada).await;
    for frame in frames {
        socket.send_text(frame).await;
        let answer = socket.next().await;
        let shown = &frame[..frame.len().min(80)];
        assert_eq!(answer["error"]["code"], "WS_ERROR", "{shown}: {answer}");
        assert_eq!(answer["error"]["details"]["reason"], "VALIDATION_ERROR", "{shown}: {answer}");
        assert!(answer.to_string().len() < 2_000, "{shown}: it is not quoted at length");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(desk.head().await, head, "nothing was posted");
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong");
    desk.close().await;
}

/// What is no text at all is told by the close code of the protocol.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_none_ends_the_socket_and_no_other() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let mut other = Socket::open(&desk, &ada).await;
    let mut socket = Socket::open(&desk, &ada).await;
    let bad = Frame::message(vec![b'{', 0xff, 0xfe], OpCode::Data(Data::Text), true);
    socket.0.send(Message::Frame(bad)).await.expect("sent");
    assert!(socket.heard().await.is_none_or(|heard| heard.is_err()), "nothing is answered");
    // Bytes that are no frame of the protocol: every reserved bit is set.
    let mut socket = Socket::open(&desk, &ada).await;
    socket.0.get_mut().write_all(&[0xf1, 0x80, 0, 0, 0, 0]).await.expect("sent");
    assert!(socket.heard().await.is_none_or(|heard| heard.is_err()), "nothing is answered");
    other.send(json!({ "type": "ping" })).await;
    assert_eq!(other.next().await["type"], "pong");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_a_megabyte_ends_the_socket_of_whoever_sends_it() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let mut other = Socket::open(&desk, &ada).await;
    // Of somebody, of nobody, and in parts of which each is short enough.
    let mut socket = Socket::open(&desk, &ada).await;
    let _ = socket.0.send(Message::text("x".repeat(MEGABYTE))).await;
    ends(&mut socket, "a frame").await;
    let mut nobody = Socket::with(request(&desk, "/ws")).await.expect("open");
    let _ = nobody.0.send(Message::text("x".repeat(MEGABYTE))).await;
    ends(&mut nobody, "a frame of nobody").await;
    let mut in_parts = Socket::open(&desk, &ada).await;
    for part in parts(64, MEGABYTE / 64) {
        if in_parts.0.send(part).await.is_err() {
            break;
        }
    }
    ends(&mut in_parts, "parts").await;
    other.send(json!({ "type": "ping" })).await;
    assert_eq!(other.next().await["type"], "pong", "nobody else is disturbed");
    desk.close().await;
}

/// Checks that the socket ends, with 1009 if there was time to say so.
async fn ends(socket: &mut Socket, what: &str) {
    match socket.heard().await {
        None => {}
        Some(Err((code, _))) => assert_eq!(code, 1009, "{what}"),
        Some(Ok(frame)) => panic!("{what} is answered: {frame}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_heard_or_said_with_a_token_that_expired_while_connected() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let brief = |seconds| {
        let life = Duration::from_secs(seconds);
        let (token, _) = desk.desk.tokens.issue(ada.id, ada.role, Utc::now(), life);
        Somebody { token, ..ada.clone() }
    };
    let by_header = brief(3);
    let mut sockets = vec![Socket::in_rooms(&desk, &by_header, &[&room]).await];
    let mut by_frame = Socket::with(request(&desk, "/ws")).await.expect("open");
    by_frame.send(json!({ "type": "auth", "token": brief(3).token })).await;
    assert_eq!(by_frame.next().await["type"], "welcome");
    by_frame.enter(&[&room], None).await;
    sockets.push(by_frame);
    say(&desk, &ivan, &ticket, "Still there?").await;
    for socket in &mut sockets {
        assert_eq!(socket.next_of("event").await["message"]["content"], "Still there?");
        assert_eq!(socket.closed().await, 4409);
    }
    note(&desk, &ivan, &ticket, "Gone.").await;
    let head = desk.head().await;
    let chat = json!({
        "type": "chat", "ticket_id": id_of(&ticket), "content": "And I?", "client_msg_id": "late",
    });
    for mut socket in sockets {
        let _ = socket.0.send(Message::text(chat.to_string())).await;
    }
    // Whoever comes back with it is told the same.
    assert_eq!(Socket::greeted(&desk, &by_header, "/ws").await.closed().await, 4409);
    assert_eq!(desk.head().await, head, "nothing was posted");
    desk.close().await;
}
