//! What is wrong with frames, as a table.

use std::time::Duration;

use futures::SinkExt as _;
use serde_json::{Value, json};
use tests::desk::TestDesk;
use tokio_tungstenite::tungstenite::Message;

use super::client::Socket;
use super::{id_of, room_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_frame_is_answered_and_changes_nothing() {
    let desk = TestDesk::open().await;
    let (ada, eve) = (desk.user().await, desk.user().await);
    let (own, foreign) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&eve, Some("IT")).await);
    let (own, foreign) = (id_of(&own), id_of(&foreign));
    let table = [
        ("nonsense".to_owned(), "VALIDATION_ERROR"),
        ("[]".to_owned(), "VALIDATION_ERROR"),
        ("{}".to_owned(), "VALIDATION_ERROR"),
        (json!({ "type": 7 }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "shout" }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "ping", "more": 1 }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "auth", "token": ada.token }).to_string(), "CONFLICT"),
        (json!({ "type": "subscribe" }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "subscribe", "rooms": "user_me" }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "subscribe", "rooms": ["user_me"], "since": "0" }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "subscribe", "rooms": ["user_me"], "since": -1 }).to_string(), "LOG_FORKED"),
        (json!({ "type": "subscribe", "rooms": ["user_me"], "since": 1_000_000 }).to_string(), "LOG_FORKED"),
        (json!({ "type": "subscribe", "rooms": ["view_7"] }).to_string(), "NOT_FOUND"),
        (json!({ "type": "subscribe", "rooms": ["agents_IT"] }).to_string(), "NOT_FOUND"),
        (json!({ "type": "subscribe", "rooms": ["admin_alerts"] }).to_string(), "NOT_FOUND"),
        (json!({ "type": "subscribe", "rooms": ["ticket_1.5"] }).to_string(), "NOT_FOUND"),
        (json!({ "type": "subscribe", "rooms": [format!("ticket_{foreign}")] }).to_string(), "NOT_FOUND"),
        (json!({ "type": "chat", "ticket_id": own, "content": "x" }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "chat", "content": "x", "client_msg_id": "1" }).to_string(), "VALIDATION_ERROR"),
        (
            json!({ "type": "chat", "ticket_id": own, "content": "x", "client_msg_id": "" }).to_string(),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "chat", "ticket_id": own, "content": "x", "client_msg_id": "1", "by": "root" })
                .to_string(),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "chat", "ticket_id": foreign, "content": "x", "client_msg_id": "1" }).to_string(),
            "NOT_FOUND",
        ),
        (json!({ "type": "typing", "ticket_id": own }).to_string(), "VALIDATION_ERROR"),
        (json!({ "type": "typing", "ticket_id": foreign, "is_typing": true }).to_string(), "NOT_FOUND"),
        (json!({ "type": "viewing", "ticket_id": foreign }).to_string(), "NOT_FOUND"),
        (json!({ "type": "viewing", "ticket_id": "nonsense" }).to_string(), "NOT_FOUND"),
        (json!({ "type": "read", "ticket_id": foreign, "pos": 1 }).to_string(), "NOT_FOUND"),
        (json!({ "type": "read", "ticket_id": own }).to_string(), "VALIDATION_ERROR"),
    ];
    let head = desk.head().await;
    let mut socket = Socket::open(&desk, &ada).await;
    for (frame, reason) in table {
        socket.send_text(&frame).await;
        let answer = socket.next().await;
        let error = &answer["error"];
        assert_eq!(
            (&answer["type"], &error["code"]),
            (&json!("error"), &json!("WS_ERROR")),
            "{frame}: {answer}"
        );
        assert_eq!(error["details"]["reason"], reason, "{frame}: {answer}");
        assert!(error["request_id"].is_string() && error["message"].is_string(), "{frame}: {answer}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(desk.head().await, head);
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong", "the socket goes on");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_frame_at_all_ends_the_socket() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for length in [(64 << 10) + 1, 100 << 10, 300 << 10] {
        let mut socket = Socket::open(&desk, &ada).await;
        let _ = socket.0.send(Message::text("x".repeat(length))).await;
        assert_eq!(socket.closed().await, 1009, "{length}");
    }
    let mut socket = Socket::open(&desk, &ada).await;
    socket.send_text(&"x".repeat(64 << 10)).await;
    assert_eq!(socket.next().await["type"], "error", "so much may be");
    let _ = socket.0.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.closed().await, 1003);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_in_a_hundred_rooms_at_most_and_leaves_them() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let mut socket = Socket::open(&desk, &admin).await;
    let names: Vec<String> = (0..100).map(|number| format!("agents_D{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    socket.enter(&names, None).await;
    socket.send(json!({ "type": "subscribe", "rooms": [room_of(&ticket)] })).await;
    let error = socket.next().await;
    assert_eq!(error["error"]["details"]["reason"], "VALIDATION_ERROR", "{error}");
    // The same room again is one room.
    socket.enter(&names[..1], None).await;
    socket.send(json!({ "type": "unsubscribe", "rooms": [names[0]] })).await;
    assert_eq!(socket.next().await, json!({ "type": "unsubscribed", "room": names[0] }));
    let by_number = format!("ticket_{}", ticket["number"]);
    socket.send(json!({ "type": "subscribe", "rooms": [by_number] })).await;
    let subscribed: Value = socket.next().await;
    assert_eq!((&subscribed["room"], &subscribed["asked"]), (&json!(room_of(&ticket)), &json!(by_number)));
    socket.send(json!({ "type": "unsubscribe" })).await;
    for _ in 0..100 {
        assert_eq!(socket.next().await["type"], "unsubscribed");
    }
    super::say(&desk, &ada, &ticket, "Hello?").await;
    socket.is_silent(300).await;
    desk.close().await;
}
