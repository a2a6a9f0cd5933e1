//! What is internal stays so, and what is destroyed is destroyed in both places.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Scene, id_of, text};

const CANARY: &str = "canary-in-the-note";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_that_move_stay_internal() {
    let scene = Scene::set().await;
    let note = scene.say(&scene.ivan, CANARY, true).await;
    let said = scene.say(&scene.ada, "The mouse is broken, too", false).await;
    let new = id_of(&scene.split(&scene.ivan, &[&note, &said]).await.expect(201).body);
    for ticket in [&scene.ticket, &new] {
        for rest in ["", "?include=history", "/messages", "/history", "/events", "/why?field=status"] {
            let body = scene.read(&scene.ada, ticket, rest).await.to_string();
            assert!(!body.contains(CANARY) && !body.contains(&note), "{rest}: {body}");
        }
    }
    assert_eq!(scene.said(&scene.ada, &new, "").await, ["The mouse is broken, too"]);
    assert_eq!(scene.read(&scene.ada, &new, "").await["message_count"], 1);
    assert_eq!(scene.said(&scene.ivan, &new, "").await, [CANARY, "The mouse is broken, too"]);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_one_of_the_two_tickets_learns_nothing_of_the_other() {
    let scene = Scene::set().await;
    let said = scene.say(&scene.ada, "The mouse is broken, too", false).await;
    let new = id_of(&scene.split(&scene.ivan, &[&said]).await.expect(201).body);
    let _ = scene.post(&scene.ivan, &new, "transfer", json!({ "department": "HR" })).await.expect(200);
    let stream = |ticket: &str| ticket.parse::<domain::id::TicketId>().expect("an id").stream().to_string();
    let cases = [
        (&scene.ivan, &scene.ticket, &new, false),
        (&scene.hana, &new, &scene.ticket, false),
        (&scene.root, &scene.ticket, &new, true),
        (&scene.root, &new, &scene.ticket, true),
        (&scene.ada, &new, &scene.ticket, true),
    ];
    for (by, ticket, other, sees_it) in cases {
        let mut all = String::new();
        for rest in ["", "?include=history", "/messages", "/history", "/events", "/why?field=status"] {
            all.push_str(&scene.read(by, ticket, rest).await.to_string());
        }
        assert_eq!(all.contains(other.as_str()), sees_it, "{:?}: {all}", by.role);
        assert!(sees_it || !all.contains(&stream(other)), "{:?}: {all}", by.role);
    }
    assert_eq!(scene.said(&scene.hana, &new, "").await, ["The mouse is broken, too"]);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redacting_a_message_takes_it_from_both_tickets() {
    let scene = Scene::set().await;
    let said = scene.say(&scene.ada, "qzvk is the password", false).await;
    let before = scene.desk.head().await;
    let new = id_of(&scene.split(&scene.ivan, &[&said]).await.expect(201).body);
    let here = text(&scene.read(&scene.ivan, &new, "/messages").await["messages"][0]["id"]);
    let redact = json!({ "all": true, "reason": "A secret" });
    let _ = scene.post(&scene.root, &new, &format!("messages/{here}/redact"), redact).await.expect(200);
    let then = format!("?as_of=position:{before}");
    let started = Instant::now();
    loop {
        let there = scene.said(&scene.root, &scene.ticket, &then).await;
        if there == ["[redacted]"] {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{there:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(scene.said(&scene.root, &new, "").await, ["[redacted]"]);
    for ticket in [&scene.ticket, &new] {
        let events = scene.read(&scene.root, ticket, "/events").await.to_string();
        assert!(!events.contains("qzvk"), "{events}");
    }
    // What is redacted already can be split off, too, and says as little there.
    let body = json!({ "title": "A third problem", "message_ids": [here] });
    let third = id_of(&scene.post(&scene.ivan, &new, "split", body).await.expect(201).body);
    let moved: Value = scene.read(&scene.ivan, &third, "/messages").await["messages"][0].clone();
    assert_eq!((&moved["content"], &moved["is_redacted"]), (&json!("[redacted]"), &json!(true)));
    purged(&scene, 1).await;
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

/// Waits until so many keys are destroyed, and nothing of them has traces left.
pub(super) async fn purged(scene: &Scene, keys: i64) {
    let started = Instant::now();
    loop {
        let done: i64 = sqlx::query_scalar("select count(*) from desk.erasures where done_at is not null")
            .fetch_one(scene.desk.desk.pool())
            .await
            .expect("an answer");
        if done == keys {
            return;
        }
        assert!(started.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_the_requester_takes_what_was_said_from_both_tickets() {
    let scene = Scene::set().await;
    let said = scene.say(&scene.ada, "qzvk and so on", false).await;
    let before = scene.desk.head().await;
    let new = id_of(&scene.split(&scene.ivan, &[&said]).await.expect(201).body);
    let path = format!("/api/v1/users/{}/erase", scene.ada.id);
    let told =
        scene.desk.post(&scene.root, &path, json!({ "reason": "request_of_person" })).await.expect(200);
    let token = told.body["confirmation_token"].clone();
    let confirmed = json!({ "reason": "request_of_person", "confirmation_token": token });
    let _ = scene.desk.post(&scene.root, &path, confirmed).await.expect(202);
    purged(&scene, 1).await;
    assert_eq!(scene.said(&scene.ivan, &new, "").await, ["[erased]"]);
    let then = format!("?as_of=position:{before}");
    assert_eq!(scene.said(&scene.ivan, &scene.ticket, &then).await, ["[erased]"]);
    let body = json!({ "title": "A third problem", "message_ids": [scene.read(&scene.ivan, &new, "/messages").await["messages"][0]["id"]] });
    assert_eq!(scene.post(&scene.ivan, &new, "split", body).await.expect(409).code(), "PERSON_ERASED");
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
