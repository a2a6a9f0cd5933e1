//! What is lost while connected: sight of a ticket, a role, the account, the token.

use std::time::{Duration, Instant};

use chrono::Utc;
use domain::access::Role;
use domain::user::UserCommand;
use reqwest::Method;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};

use super::client::Socket;
use super::{act, note, room_of, say};

/// Lets the desk itself do `command` to an account.
async fn do_to(desk: &TestDesk, who: &Somebody, command: UserCommand) {
    let by = tests::postgres::the_desk();
    let request = application::Request::once(by, Utc::now(), "test", uuid::Uuid::now_v7());
    desk.desk.commands.user(&request, who.id, command).await.expect("done");
}

/// Fails unless `socket` is closed with `code` within a moment.
async fn closes(socket: &mut Socket, code: u16) {
    let began = Instant::now();
    assert_eq!(socket.closed().await, code);
    assert!(began.elapsed() < Duration::from_secs(3), "{code} after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_leaves_sight_is_heard_of_no_more() {
    let desk = TestDesk::open().await;
    let (ada, ivan, hana) = (desk.user().await, desk.it_agent().await, desk.hr_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room]).await;
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room]).await;
    act(&desk, &ivan, &ticket, "transfer", json!({ "department": "HR" })).await;
    let resync = of_ivan.next().await;
    assert_eq!((&resync["type"], &resync["room"]), (&json!("resync"), &json!(room)), "{resync}");
    assert_eq!(resync["reason"], "out_of_sight");
    say(&desk, &hana, &ticket, "It is with us now.").await;
    of_ivan.is_silent(500).await;
    assert_eq!(of_ada.next().await["event"], "ticket_transferred");
    assert_eq!(of_ada.next().await["message"]["content"], "It is with us now.");
    // Nor behind some position, nor otherwise than if it did not exist.
    for name in [room, "ticket_999999".to_owned(), "view_1".to_owned(), "agents_HR".to_owned()] {
        of_ivan.send(json!({ "type": "subscribe", "rooms": [name], "since": 0 })).await;
        let error = of_ivan.next().await;
        assert_eq!(error["error"]["details"], json!({ "reason": "NOT_FOUND", "room": name }), "{error}");
        assert!(error["error"]["message"].as_str().expect("a text").contains("user_me"), "{error}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_changes_takes_its_rooms_along() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let room = room_of(&ticket);
    let mut socket = Socket::in_rooms(&desk, &ivan, &[&room, "agents_IT", "user_me"]).await;
    do_to(&desk, &ivan, UserCommand::ChangeRole { role: Role::HrAgent, departments: vec![] }).await;
    let began = Instant::now();
    let mut lost = [socket.next().await, socket.next().await];
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    lost.sort_by_key(|frame| frame["room"].to_string());
    for (frame, room) in lost.iter().zip(["agents_IT", &room]) {
        assert_eq!((&frame["type"], &frame["room"]), (&json!("resync"), &json!(room)), "{frame}");
        assert_eq!(frame["reason"], "rights_changed");
    }
    note(&desk, &desk.it_agent().await, &ticket, "Not for HR.").await;
    socket.is_silent(500).await;
    socket.enter(&["agents_HR"], None).await;
    desk.ticket(&ada, Some("HR")).await;
    assert_eq!(socket.next().await["room"], "agents_HR");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_be_there_any_more_is_sent_away() {
    let desk = TestDesk::open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let mut socket = Socket::in_rooms(&desk, &ivan, &["agents_IT"]).await;
    do_to(&desk, &ivan, UserCommand::Deactivate).await;
    closes(&mut socket, 4401).await;
    closes(&mut Socket::greeted(&desk, &ivan, "/ws").await, 4401).await;

    let mut socket = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let _ = desk.post(&ada, "/api/v1/auth/logout", json!({})).await.expect(200);
    closes(&mut socket, 4401).await;

    let (token, _) = desk.desk.tokens.issue(admin.id, Role::Admin, Utc::now(), Duration::from_secs(2));
    let brief = Somebody { token, ..admin.clone() };
    let mut socket = Socket::in_rooms(&desk, &brief, &["admin_alerts"]).await;
    closes(&mut socket, 4409).await;
    closes(&mut Socket::greeted(&desk, &brief, "/ws").await, 4409).await;

    let body = json!({ "name": "a program", "scopes": ["tickets:read"] });
    let issued = desk.post(&admin, "/api/v1/auth/tokens", body).await.expect(201).body;
    let program =
        Somebody { token: issued["secret"].as_str().expect("a secret").to_owned(), ..admin.clone() };
    let mut socket = Socket::in_rooms(&desk, &program, &["user_me"]).await;
    let path = format!("/api/v1/auth/tokens/{}", issued["token"]["id"].as_str().expect("an id"));
    let revoked = desk.send(desk.request(Some(&admin), Method::DELETE, &path)).await;
    assert!(revoked.status.is_success(), "{}", revoked.body);
    closes(&mut socket, 4401).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_needs_a_second_factor_is_sent_to_set_it_up() {
    let desk = TestDesk::open().await;
    let (ivan, admin) = (desk.it_agent().await, desk.admin().await);
    let mut socket = Socket::in_rooms(&desk, &ivan, &["agents_IT"]).await;
    let body = json!({ "two_factor_required_for": ["it_agent"] });
    let required = desk.request(Some(&admin), Method::PATCH, "/api/v1/admin/settings").json(&body);
    let _ = desk.send(required).await.expect(200);
    closes(&mut socket, 4403).await;
    closes(&mut Socket::greeted(&desk, &ivan, "/ws").await, 4403).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_that_closes_says_so() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let mut socket = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let (code, _) = futures::join!(socket.closed(), desk.close());
    assert_eq!(code, 1001);
}
