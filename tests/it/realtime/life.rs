//! The life of a ticket, as everybody hears it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::client::{Socket, names};
use super::{act, id_of, note, room_of, say};

const MARKER: &str = "That was all.";

/// All that is the same in every event.
fn check(events: &[Value], ticket: &Value, reads_internal: bool) {
    let mut last = 0;
    for event in events {
        assert_eq!(event["type"], "event", "{event}");
        assert_eq!(event["ticket_id"], ticket["ticket_id"], "{event}");
        let position = event["pos"].as_i64().expect("a position");
        assert!(position > last, "{event}");
        last = position;
        assert!(event["at"].is_string(), "{event}");
        let is_said = event["event"] == "new_message_in_ticket";
        assert_eq!(event["version"].is_i64(), reads_internal || !is_said, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_what_is_theirs_of_the_life_of_a_ticket() {
    let desk = TestDesk::open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    let mut of_ada = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let mut of_eve = Socket::in_rooms(&desk, &eve, &["user_me"]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &["agents_IT", "user_me"]).await;
    let mut of_hana = Socket::in_rooms(&desk, &hana, &["agents_HR", "user_me"]).await;
    let mut of_root = Socket::in_rooms(&desk, &admin, &["agents_IT", "admin_alerts"]).await;

    let ticket = desk.ticket(&ada, Some("IT")).await;
    act(&desk, &ivan, &ticket, "claim", json!({})).await;
    note(&desk, &ivan, &ticket, "Third time this month.").await;
    say(&desk, &ivan, &ticket, "On my way.").await;
    let path = format!("/api/v1/tickets/{}", id_of(&ticket));
    let edit = desk.request(Some(&ivan), Method::PATCH, &path).json(&json!({ "impact": "high" }));
    let _ = desk.send(edit).await.expect(200);
    act(&desk, &ivan, &ticket, "resolve", json!({ "resolution": "Replaced the roller." })).await;
    act(&desk, &ada, &ticket, "feedback", json!({ "rating": 5 })).await;
    act(&desk, &ada, &ticket, "reopen", json!({ "reason": "It is back." })).await;
    say(&desk, &ada, &ticket, MARKER).await;

    let heard = of_ada.events_until(MARKER).await;
    check(&heard, &ticket, false);
    assert_eq!(
        names(&heard),
        [
            "new_ticket_for_agent",
            "ticket_assigned",
            "new_message_in_ticket",
            "ticket_status_changed",
            "ticket_updated",
            "ticket_status_changed",
            "ticket_updated",
            "ticket_status_changed",
        ]
    );
    assert_eq!(heard[0]["ticket"]["title"], ticket["title"]);
    assert_eq!((&heard[1]["agent_id"], &heard[1]["new_status"]), (&json!(ivan.id), &json!("assigned")));
    assert_eq!(heard[2]["message"]["content"], "On my way.");
    let changed = |event: &Value| (event["old_status"].clone(), event["new_status"].clone());
    assert_eq!(changed(&heard[3]), (json!("assigned"), json!("in_progress")));
    assert_eq!(heard[4]["changes"]["impact"], "high");
    assert_eq!(changed(&heard[5]), (json!("in_progress"), json!("resolved")));
    assert_eq!(heard[6]["changes"]["feedback_rating"], 5);
    assert_eq!(changed(&heard[7]), (json!("resolved"), json!("in_progress")));

    let in_room = |events: Vec<Value>, room: &str| -> Vec<Value> {
        events.into_iter().filter(|event| event["room"] == room).collect()
    };
    let heard = of_ivan.events_until(MARKER).await;
    let said = names(&heard).into_iter().filter(|name| *name == "new_message_in_ticket").count();
    assert!(said >= 3, "the note and the answer, which is his own besides: {said}");
    let of_ivans_queue = in_room(heard.clone(), "agents_IT");
    check(&of_ivans_queue, &ticket, true);
    assert_eq!(of_ivans_queue.len(), 9, "{of_ivans_queue:?}");
    // What is assigned to him is his own besides.
    assert!(in_room(heard, "user_me").len() >= 7);
    let heard = of_root.events_until(MARKER).await;
    assert_eq!(in_room(heard, "agents_IT").len(), 9);

    // Whoever has nothing to do with it heard nothing before what is theirs.
    for (socket, who, department) in [(&mut of_eve, &eve, None), (&mut of_hana, &eve, Some("HR"))] {
        let own = desk.ticket(who, department).await;
        let first = socket.next().await;
        assert_eq!(
            (&first["event"], &first["ticket_id"]),
            (&json!("new_ticket_for_agent"), &own["ticket_id"])
        );
    }
    let unrouted = of_root.next_of("event").await;
    assert_eq!(
        (&unrouted["room"], &unrouted["ticket"]["department"]),
        (&json!("admin_alerts"), &json!(null))
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_by_socket_is_one_by_the_rules_of_all_messages() {
    let desk = TestDesk::open().await;
    let (ada, ivan, eve) = (desk.user().await, desk.it_agent().await, desk.user().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let mut of_ada = Socket::at(&desk, &ada, &format!("/ws/chat/{}", id_of(&ticket))).await;
    assert_eq!(of_ada.next().await["room"], room_of(&ticket));
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room_of(&ticket)]).await;
    // The address names the ticket, so the frame need not.
    let chat = json!({ "type": "chat", "content": "Hello?", "client_msg_id": "one" });
    of_ada.send(chat.clone()).await;
    let ack = of_ada.next_of("ack").await;
    of_ada.send(chat).await;
    let again = of_ada.next_of("ack").await;
    assert_eq!((&ack["message_id"], &ack["pos"]), (&again["message_id"], &again["pos"]));
    assert_eq!(ack["client_msg_id"], "one");
    let heard = of_ivan.next_of("event").await;
    assert_eq!((&heard["message"]["id"], &heard["pos"]), (&ack["message_id"], &ack["pos"]));

    let by_number = ticket["number"].to_string();
    let answer =
        json!({ "type": "chat", "ticket_id": by_number, "content": "Hello.", "client_msg_id": "one" });
    of_ivan.send(answer).await;
    let other = of_ivan.next_of("ack").await;
    assert_ne!(other["message_id"], ack["message_id"], "everybody counts for themselves");
    let listed = desk.get(&ada, &format!("/api/v1/tickets/{}/messages", id_of(&ticket))).await.expect(200);
    assert_eq!(listed.body["total_count"], 2);

    let refusals = [
        (&ada, json!({ "content": "Psst", "is_internal": true }), "AUTHZ_FORBIDDEN"),
        (&ada, json!({ "content": "Beep", "isAI": true }), "AUTHZ_FORBIDDEN"),
        (&eve, json!({ "content": "Me too" }), "NOT_FOUND"),
        (&ada, json!({ "content": "" }), "VALIDATION_ERROR"),
        (&ada, json!({ "content": "x".repeat(20_001) }), "VALIDATION_ERROR"),
    ];
    for (who, mut frame, reason) in refusals {
        let mut socket = Socket::open(&desk, who).await;
        let before = desk.head().await;
        (frame["type"], frame["ticket_id"]) = ("chat".into(), ticket["ticket_id"].clone());
        frame["client_msg_id"] = "two".into();
        socket.send(frame).await;
        let error = socket.next().await;
        assert_eq!(error["error"]["code"], "WS_ERROR", "{error}");
        let details = &error["error"]["details"];
        assert_eq!(
            (&details["reason"], &details["client_msg_id"]),
            (&json!(reason), &json!("two")),
            "{error}"
        );
        assert_eq!(desk.head().await, before);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_hear_of_availability_transfers_and_judgements() {
    let desk = TestDesk::open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let message = say(&desk, &ivan, &ticket, "Hello.").await["id"].as_str().expect("an id").to_owned();
    let mut of_ada = Socket::in_rooms(&desk, &ada, &["user_me"]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &["agents_IT"]).await;
    let mut of_root = Socket::in_rooms(&desk, &admin, &["agents_IT", "agents_HR"]).await;
    let put = async |path: &str, who, body: Value| {
        let _ = desk.send(desk.request(Some(who), Method::PUT, path).json(&body)).await.expect(200);
    };
    put("/api/v1/me/availability", &ivan, json!({ "is_available": true, "capacity": 7 })).await;
    let judge = format!("/api/v1/tickets/{}/messages/{message}/feedback", id_of(&ticket));
    put(&judge, &ada, json!({ "feedback": "up" })).await;
    act(&desk, &ivan, &ticket, "transfer", json!({ "department": "HR", "note": "Wrong door." })).await;

    let available = of_ivan.next().await;
    assert_eq!(available["event"], "agent_availability_changed");
    assert_eq!((&available["agent_id"], &available["capacity"]), (&json!(ivan.id), &json!(7)));
    let judged = of_ivan.next().await;
    assert_eq!((&judged["event"], &judged["feedback"]), (&json!("message_feedback_changed"), &json!("up")));
    let gone = of_ivan.next().await;
    assert_eq!((&gone["type"], &gone["reason"]), (&json!("resync"), &json!("ticket_left")), "{gone}");
    assert_eq!(gone["ticket_id"], ticket["ticket_id"]);
    // Whoever is in both rooms hears it in both, and the requester hears no note.
    let mut rooms = Vec::new();
    while rooms.len() < 2 {
        let frame = of_root.next().await;
        if frame["event"] == "ticket_transferred" {
            assert_eq!((&frame["to"], &frame["note"]), (&json!("HR"), &json!("Wrong door.")));
            rooms.push(frame["room"].clone());
        }
    }
    assert_eq!(rooms, ["agents_IT", "agents_HR"]);
    let transferred = of_ada.next().await;
    assert_eq!((&transferred["event"], &transferred["note"]), (&json!("ticket_transferred"), &json!(null)));
    of_ivan.is_silent(300).await;
    desk.close().await;
}

/// Who was told of a message is told that its words are gone; of a note only those who read it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redacted_words_are_taken_back() {
    let desk = TestDesk::open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let mut of_ada = Socket::in_rooms(&desk, &ada, &[&room_of(&ticket)]).await;
    let mut of_ivan = Socket::in_rooms(&desk, &ivan, &[&room_of(&ticket)]).await;
    let redact = async |message: &Value| {
        let id = message["id"].as_str().expect("an id");
        act(
            &desk,
            &admin,
            &ticket,
            &format!("messages/{id}/redact"),
            json!({ "all": true, "reason": "A name" }),
        )
        .await
    };
    let noted = note(&desk, &ivan, &ticket, "canary of staff").await;
    redact(&noted).await;
    let said = say(&desk, &ivan, &ticket, "canary of all").await;
    redact(&said).await;
    expect_redaction(&mut of_ivan, &noted).await;
    expect_redaction(&mut of_ivan, &said).await;
    expect_redaction(&mut of_ada, &said).await;
    of_ada.is_silent(300).await;
    desk.close().await;
}

/// The next that `socket` hears is of `message`, first perhaps that it was posted, then that its words are gone.
async fn expect_redaction(socket: &mut Socket, message: &Value) {
    loop {
        let frame = socket.next().await;
        if frame["type"] != "event" || frame["event"] == "ticket_status_changed" {
            continue;
        }
        assert_eq!(frame["message"]["id"], message["id"], "{frame}");
        if frame["event"] == "message_redacted" {
            assert!(!frame.to_string().contains("canary"), "{frame}");
            return;
        }
        assert_eq!(frame["event"], "new_message_in_ticket", "{frame}");
    }
}
