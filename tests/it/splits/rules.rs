//! What splitting does, who may, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, id_of, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_go_on_in_a_ticket_of_their_own_with_author_time_and_order() {
    let scene = Scene::set().await;
    let (ada, ivan, ticket) = (&scene.ada, &scene.ivan, &scene.ticket);
    let first = scene.say(ada, "The mouse is broken, too", false).await;
    let _ = scene.say(ivan, "On my way with paper", false).await;
    let note = scene.say(ivan, "He is rough with mice", true).await;
    let last = scene.say(ivan, "I have no mouse left", false).await;
    let before = scene.desk.head().await;
    let were = scene.read(ivan, ticket, "/messages").await;
    let of = |id: &str| {
        let messages = were["messages"].as_array().expect("messages");
        messages.iter().find(|message| message["id"] == id).expect("posted").clone()
    };

    let split = scene.split(ivan, &[&last, &first, &note]).await.expect(201);
    let new = id_of(&split.body);
    assert_eq!(split.header("location"), format!("/api/v1/tickets/{new}"));
    assert_eq!(split.body["user_id"], json!(ada.id));
    assert_eq!((&split.body["title"], &split.body["department"]), (&json!("Another problem"), &json!("IT")));
    assert_eq!((&split.body["status"], &split.body["message_count"]), (&json!("open"), &json!(3)));

    let here = scene.read(ivan, &new, "/messages").await;
    let here = here["messages"].as_array().expect("messages");
    assert_eq!(here.len(), 3);
    for (message, id) in here.iter().zip([&first, &note, &last]) {
        let was = of(id);
        for field in [
            "content",
            "sender_id",
            "sender_username",
            "sender_role",
            "message_type",
            "is_internal",
            "timestamp",
        ] {
            assert_eq!(message[field], was[field], "{field}");
        }
        assert_eq!((&message["moved_from"], &message["is_moved"]), (&json!(ticket), &json!(false)));
        assert_ne!(message["id"], was["id"]);
    }
    let there = scene.read(ivan, ticket, "/messages").await;
    let there = there["messages"].as_array().expect("messages");
    assert_eq!(there.len(), 4, "they are shown as moved");
    for (index, id) in [(0, &first), (2, &note), (3, &last)] {
        assert_eq!((&there[index]["id"], &there[index]["content"]), (&json!(id), &json!("")));
        assert_eq!((&there[index]["is_moved"], &there[index]["moved_to"]), (&json!(true), &json!(new)));
    }
    assert_eq!(
        (&there[1]["content"], &there[1]["is_moved"]),
        (&json!("On my way with paper"), &json!(false))
    );
    // The requester, too, without the note; and the past is as it was.
    assert_eq!(scene.said(ada, &new, "").await, ["The mouse is broken, too", "I have no mouse left"]);
    let then = format!("?as_of=position:{before}");
    let expected =
        ["The mouse is broken, too", "On my way with paper", "He is rough with mice", "I have no mouse left"];
    assert_eq!(scene.said(ivan, ticket, &then).await, expected);
    // They are linked, and an answer here starts work here.
    let links = scene.read(ivan, &new, "/links").await;
    assert_eq!(
        (&links["links"][0]["type"], &links["links"][0]["ticket"]["ticket_id"]),
        (&json!("relates"), &json!(ticket))
    );
    let _ = scene.post(ada, &new, "messages", json!({ "content": "Any mouse yet?" })).await.expect(201);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_split_is_refused() {
    let scene = Scene::set().await;
    let (ada, ivan, ticket) = (&scene.ada, &scene.ivan, &scene.ticket);
    let said = scene.say(ada, "The mouse is broken, too", false).await;
    let elsewhere = id_of(&scene.desk.ticket(ada, Some("IT")).await);
    let other = scene.post(ada, &elsewhere, "messages", json!({ "content": "Elsewhere" })).await.expect(201);
    let before = scene.desk.decided().await;
    assert_eq!(scene.split(ada, &[&said]).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    let _ = scene.split(&scene.hana, &[&said]).await.expect(404);
    let nobody = uuid::Uuid::now_v7().to_string();
    let many: Vec<String> = (0..101).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let bad: [(Value, &str); 8] = [
        (json!({ "title": "Another problem", "message_ids": [] }), "message_ids"),
        (json!({ "title": "Another problem", "message_ids": [said, said] }), "message_ids"),
        (json!({ "title": "Another problem", "message_ids": [said, nobody] }), "message_ids"),
        (json!({ "title": "Another problem", "message_ids": [other.body["id"]] }), "message_ids"),
        (json!({ "title": "Another problem", "message_ids": many }), "message_ids"),
        (json!({ "title": "x", "message_ids": [said] }), "title"),
        (json!({ "title": "two\nlines", "message_ids": [said] }), "title"),
        (json!({ "message_ids": [said] }), "title"),
    ];
    for (body, field) in bad {
        let refused = scene.post(ivan, ticket, "split", body.clone()).await.expect(422);
        let error = &refused.body["error"]["details"]["errors"][0];
        assert_eq!((refused.code(), &error["field"]), ("VALIDATION_ERROR", &json!(field)), "{body}: {error}");
    }
    for body in [
        json!({ "title": "Another problem", "message_ids": ["x"] }),
        json!([]),
        json!({ "title": "Another problem", "message_ids": [said], "more": 1 }),
    ] {
        let refused = scene.post(ivan, ticket, "split", body.clone()).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{body}: {}", refused.body);
    }
    let stale = scene.desk.request(Some(ivan), Method::POST, &format!("/api/v1/tickets/{ticket}/split"));
    let stale = stale
        .header("if-match", "\"v7\"")
        .json(&json!({ "title": "Another problem", "message_ids": [said] }));
    assert_eq!(scene.desk.send(stale).await.expect(412).code(), "PRECONDITION_FAILED");
    let _ = scene.post(ivan, ticket, "merge", json!({ "into": elsewhere })).await.expect(200);
    assert_eq!(scene.split(ivan, &[&said]).await.expect(423).code(), "TICKET_LOCKED");
    assert_eq!(scene.desk.decided().await, before + 1, "the merge");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_moves_once_and_the_same_request_again_is_the_same_ticket() {
    let scene = Scene::set().await;
    let (ivan, ticket) = (&scene.ivan, &scene.ticket);
    let said = scene.say(&scene.ada, "The mouse is broken, too", false).await;
    let path = format!("/api/v1/tickets/{ticket}/split");
    let once = || {
        let request =
            scene.desk.request(Some(ivan), Method::POST, &path).header("Idempotency-Key", "split-1");
        scene.desk.send(request.json(&json!({ "title": "Another problem", "message_ids": [said] })))
    };
    let (first, second) = (once().await.expect(201), once().await.expect(201));
    assert_eq!((&first.body, second.header("idempotency-replayed")), (&second.body, "true"));
    assert_eq!(scene.split(ivan, &[&said]).await.expect(409).code(), "MESSAGE_MOVED");
    for (rest, method, body) in [
        ("feedback", Method::PUT, json!({ "feedback": "up" })),
        ("redact", Method::POST, json!({ "all": true, "reason": "A name" })),
    ] {
        let path = format!("/api/v1/tickets/{ticket}/messages/{said}/{rest}");
        let request = scene.desk.request(Some(&scene.root), method, &path).json(&body);
        assert_eq!(scene.desk.send(request).await.expect(409).code(), "MESSAGE_MOVED", "{rest}");
    }
    // From where it is it can move on.
    let new = id_of(&first.body);
    let here = scene.read(ivan, &new, "/messages").await["messages"][0].clone();
    let body = json!({ "title": "A third problem", "message_ids": [here["id"]] });
    let third = scene.post(ivan, &new, "split", body).await.expect(201).body;
    let moved = scene.read(ivan, &id_of(&third), "/messages").await["messages"][0].clone();
    assert_eq!((&moved["content"], &moved["timestamp"]), (&here["content"], &here["timestamp"]));
    assert_eq!(text(&moved["moved_from"]), new);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_split_the_same_message_off_at_once_one_does() {
    let scene = Scene::set().await;
    let said = scene.say(&scene.ada, "The mouse is broken, too", false).await;
    let messages = [said.as_str()];
    let answers = futures::future::join_all((0..12).map(|_| scene.split(&scene.ivan, &messages))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.code() == "MESSAGE_MOVED").count();
    assert_eq!((made, refused), (1, 11));
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
