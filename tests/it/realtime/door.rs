//! The ways in, and what is answered to whoever has none.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};
use tokio_tungstenite::connect_async;

use super::client::{Socket, request};
use super::{id_of, room_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_shown_in_four_ways() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for path in ["/ws", "/api/v1/ws"] {
        Socket::at(&desk, &ada, path).await;
        let mut in_address =
            Socket::with(request(&desk, &format!("{path}?token={}", ada.token))).await.expect("open");
        assert_eq!(in_address.next().await["type"], "welcome");

        let mut as_protocol = request(&desk, path);
        let offered = format!("bearer, {}", ada.token).parse().expect("a header");
        as_protocol.headers_mut().insert("sec-websocket-protocol", offered);
        let (stream, answer) = connect_async(as_protocol).await.expect("open");
        assert_eq!(answer.headers()["sec-websocket-protocol"], "bearer");
        assert_eq!(Socket(stream).next().await["type"], "welcome");

        let mut by_frame = Socket::with(request(&desk, path)).await.expect("open");
        by_frame.send(json!({ "type": "auth", "token": ada.token })).await;
        assert_eq!(by_frame.next().await["type"], "welcome");
        by_frame.send(json!({ "type": "ping" })).await;
        assert_eq!(by_frame.next().await["type"], "pong");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_good_token_hears_nothing() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let bad = Somebody { token: format!("{}x", ada.token), ..ada.clone() };
    assert_eq!(Socket::greeted(&desk, &bad, "/ws").await.closed().await, 4401);
    let frames = [
        json!({ "type": "auth", "token": bad.token }),
        json!({ "type": "auth" }),
        json!({ "type": "subscribe", "rooms": ["user_me"] }),
        json!("nonsense"),
    ];
    for frame in frames {
        let mut socket = Socket::with(request(&desk, "/ws")).await.expect("open");
        socket.send(frame).await;
        assert_eq!(socket.closed().await, 4401);
    }
    let began = Instant::now();
    let mut silent = Socket::with(request(&desk, "/ws")).await.expect("open");
    assert_eq!(silent.closed().await, 4401);
    assert!((9..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_names_a_ticket_in_every_way() {
    let desk = TestDesk::open().await;
    let (ada, eve) = (desk.user().await, desk.user().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    for name in
        [id_of(&ticket), ticket["number"].to_string(), ticket["id"].as_str().expect("an id").to_owned()]
    {
        for path in
            [format!("/ws/tickets/{name}"), format!("/ws/chat/{name}"), format!("/api/v1/ws/tickets/{name}")]
        {
            let mut socket = Socket::at(&desk, &ada, &path).await;
            assert_eq!(socket.next().await["room"], room_of(&ticket));
            assert_eq!(Socket::greeted(&desk, &eve, &path).await.closed().await, 4404);
        }
    }
    for name in ["nonsense", "999999", "TKT-1763700000000-4K9XQ2"] {
        let path = format!("/ws/tickets/{name}");
        assert_eq!(Socket::greeted(&desk, &ada, &path).await.closed().await, 4404, "{name}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_none_for_a_socket_is_told_so() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for path in ["/ws", "/ws/tickets/1", "/ws/chat/1", "/api/v1/ws"] {
        let answer = desk.send(desk.request(Some(&ada), Method::GET, path)).await.expect(426);
        assert_eq!(answer.code(), "UPGRADE_REQUIRED");
        let _ = desk.send(desk.request(None, Method::GET, path)).await.expect(426);
        let bad = Somebody { token: "nonsense".to_owned(), ..ada.clone() };
        assert_eq!(desk.get(&bad, path).await.expect(401).code(), "AUTH_INVALID");
        let _ = desk.post(&ada, path, json!({})).await.expect(405);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_token_does_what_its_scopes_say() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let token = async |scopes: &[&str]| {
        let body = json!({ "name": "a program", "scopes": scopes });
        let issued = desk.post(&ada, "/api/v1/auth/tokens", body).await.expect(201).body;
        Somebody { token: issued["secret"].as_str().expect("a secret").to_owned(), ..ada.clone() }
    };
    let (reads, writes) = (token(&["tickets:read"]).await, token(&["tickets:write"]).await);
    let both = token(&["tickets:read", "tickets:write"]).await;
    assert_eq!(Socket::greeted(&desk, &writes, "/ws").await.closed().await, 4403);
    let chat = json!({
        "type": "chat", "ticket_id": id_of(&ticket), "content": "Hello?", "client_msg_id": "one",
    });
    let mut socket = Socket::in_rooms(&desk, &reads, &["user_me"]).await;
    socket.send(chat.clone()).await;
    let error = socket.next().await;
    assert_eq!(error["error"]["details"]["required_scope"], "tickets:write", "{error}");
    let mut socket = Socket::open(&desk, &both).await;
    socket.send(chat).await;
    assert_eq!(socket.next().await["type"], "ack");
    desk.close().await;
}
