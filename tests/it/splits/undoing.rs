//! Taking a split back: what went comes back as it was, and what was said meanwhile comes along.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, NOTIFICATIONS, TestDesk};
use tests::postgres::TestDatabase;

use super::secrets::purged;
use super::{Scene, id_of, text};

/// The messages of an answer.
fn list(answer: &Value) -> Vec<Value> {
    answer["messages"].as_array().expect("messages").clone()
}

/// How `message` was written, by whom, and what it says: the same wherever it is.
fn written(message: &Value) -> Value {
    let fields = [
        "content",
        "sender_id",
        "sender_username",
        "sender_role",
        "message_type",
        "is_internal",
        "isAI",
        "timestamp",
        "is_redacted",
    ];
    fields.map(|field| message[field].clone()).into_iter().collect()
}

impl Scene {
    /// Splits these messages off the ticket; gives the new one.
    async fn off(&self, messages: &[&str]) -> String {
        id_of(&self.split(&self.ivan, messages).await.expect(201).body)
    }

    /// What `by` writes on `ticket`.
    async fn say_on(&self, by: &super::Somebody, ticket: &str, content: &str, is_internal: bool) -> Answer {
        self.post(by, ticket, "messages", json!({ "content": content, "is_internal": is_internal })).await
    }

    /// Redacts all of a message.
    async fn redact(&self, ticket: &str, message: &str) {
        let redact = json!({ "all": true, "reason": "A secret" });
        let _ =
            self.post(&self.root, ticket, &format!("messages/{message}/redact"), redact).await.expect(200);
    }

    /// The ticket as lists show it.
    async fn listed(&self, by: &super::Somebody, ticket: &str) -> Value {
        let tickets = self.desk.get(by, "/api/v1/tickets?limit=100").await.expect(200).body;
        let tickets = tickets["tickets"].as_array().expect("tickets").clone();
        tickets.into_iter().find(|listed| listed["ticket_id"] == ticket).expect("it is listed")
    }

    /// Waits until `by` was told of `count` messages, and of no more.
    async fn told(&self, by: &super::Somebody, count: usize) {
        let started = Instant::now();
        loop {
            let told = self.desk.get(by, "/api/v1/notifications?type=message_received&limit=100").await;
            let told = told.expect(200).body["notifications"].as_array().expect("a list").len();
            if told >= count {
                return assert_eq!(told, count, "messages that somebody is told of");
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{told} of {count}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_is_as_it_was_before_and_what_was_said_since_follows_behind() {
    let desk = TestDesk::with(TestDatabase::create().await, &[(NOTIFICATIONS, "on")]).await;
    let scene = Scene::on(desk).await;
    let (ada, ivan, ticket) = (&scene.ada, &scene.ivan, &scene.ticket);
    let first = scene.say(ada, "The mouse is broken, too", false).await;
    let _ = scene.say(ivan, "On my way with paper", false).await;
    let note = scene.say(ivan, "He is rough with mice", true).await;
    let last = scene.say(ivan, "I have no mouse left", false).await;
    let judge = format!("/api/v1/tickets/{ticket}/messages/{last}/feedback");
    let judge = scene.desk.request(Some(ada), Method::PUT, &judge).json(&json!({ "feedback": "up" }));
    let _ = scene.desk.send(judge).await.expect(200);
    let page = "/messages?limit=100";
    let (of_ivan, of_ada) = (scene.read(ivan, ticket, page).await, scene.read(ada, ticket, page).await);
    let counted = scene.listed(ivan, ticket).await["message_count"].clone();
    let before = scene.desk.head().await;

    let new = scene.off(&[&last, &first, &note]).await;
    let apart = scene.desk.head().await;
    for (by, content, is_internal) in
        [(ada, "Any mouse yet?", false), (ivan, "He had three", true), (ivan, "Here is one", false)]
    {
        let _ = scene.say_on(by, &new, content, is_internal).await.expect(201);
    }
    let since = list(&scene.read(ivan, &new, page).await).split_off(3);
    let back = scene.undo(ivan, &new).await.expect(200).body;
    assert_eq!((id_of(&back), &back["message_count"]), (ticket.clone(), &json!(7)));

    let (now, seen) = (scene.read(ivan, ticket, page).await, scene.read(ada, ticket, page).await);
    assert_eq!(list(&now)[..4], list(&of_ivan)[..], "as it was, with places and judgements");
    assert_eq!(list(&seen)[..3], list(&of_ada)[..], "to the requester, too");
    for (message, was) in list(&now)[4..].iter().zip(&since) {
        assert_eq!(written(message), written(was));
        assert_eq!((&message["moved_from"], &message["is_moved"]), (&json!(new), &json!(false)));
        assert!(message["id"] != was["id"] && message["position"].as_i64() > Some(apart), "{message}");
    }
    assert_eq!((&now["total_count"], &seen["total_count"]), (&json!(7), &json!(5)));
    assert_eq!(list(&now).len(), 7);
    assert_eq!(
        scene.said(ada, ticket, page.trim_start_matches("/messages")).await[3..],
        ["Any mouse yet?", "Here is one"]
    );
    let counts = scene.listed(ivan, ticket).await["message_count"].as_i64();
    assert_eq!(counts, counted.as_i64().map(|count| count + 2), "public ones");

    // The ticket that was split off lives on there, and shows nothing more.
    let left = scene.read(ivan, &new, "").await;
    assert_eq!((&left["status"], &left["merged_into"]["ticket_id"]), (&json!("closed"), &json!(ticket)));
    let left = list(&scene.read(ivan, &new, page).await);
    assert!(left.iter().all(|message| message["content"] == "" && message["moved_to"] == json!(ticket)));
    // Every moment is shown as it was.
    let at = |position: i64| format!("?limit=100&as_of=position:{position}");
    let whole =
        ["The mouse is broken, too", "On my way with paper", "He is rough with mice", "I have no mouse left"];
    assert_eq!(scene.said(ivan, ticket, &at(before)).await, whole);
    assert_eq!(scene.said(ivan, ticket, &at(apart)).await, ["", "On my way with paper", "", ""]);
    let then = scene.read(ivan, ticket, &format!("/messages{}", at(scene.desk.head().await))).await;
    assert_eq!(list(&then), list(&now));
    assert_eq!(scene.said(ivan, &new, &at(apart)).await, [whole[0], whole[2], whole[3]]);
    // Of what Ivan said in public Ada is told once, wherever it went: twice before, once meanwhile, and now.
    let _ = scene.say_on(ivan, ticket, "That was all", false).await.expect(201);
    scene.told(ada, 4).await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeating_it_changes_nothing_and_what_came_back_can_go_again() {
    let scene = Scene::set().await;
    let (ada, ivan, ticket) = (&scene.ada, &scene.ivan, &scene.ticket);
    let said = scene.say(ada, "The mouse is broken, too", false).await;
    let new = scene.off(&[&said]).await;
    let path = format!("/api/v1/tickets/{new}/unsplit");
    let once = || {
        scene.desk.send(
            scene
                .desk
                .request(Some(ivan), Method::POST, &path)
                .header("Idempotency-Key", "undo-1")
                .json(&json!(null)),
        )
    };
    let (first, second) = (once().await.expect(200), once().await.expect(200));
    assert_eq!((&first.body, second.header("idempotency-replayed")), (&second.body, "true"));
    let decided = scene.desk.decided().await;
    let third = scene.undo(ivan, &new).await.expect(200);
    assert_eq!((id_of(&third.body), scene.desk.decided().await), (ticket.clone(), decided));

    // What came back is split off, and from there again; what went further on stays there.
    let second = scene.off(&[&said]).await;
    assert_eq!(scene.said(ivan, &second, "").await, ["The mouse is broken, too"], "once");
    assert_eq!(scene.read(ivan, &second, "").await["message_count"], 1, "counted once, too");
    let _ = scene.say_on(ada, &second, "And the keyboard", false).await.expect(201);
    let there = list(&scene.read(ivan, &second, "/messages").await);
    let body = json!({ "title": "A third problem", "message_ids": [there[0]["id"]] });
    let third = id_of(&scene.post(ivan, &second, "split", body.clone()).await.expect(201).body);
    let back = scene.undo(ivan, &third).await.expect(200);
    assert_eq!(
        (id_of(&back.body), list(&scene.read(ivan, &second, "/messages").await)),
        (second.clone(), there)
    );
    let third = id_of(&scene.post(ivan, &second, "split", body).await.expect(201).body);
    let _ = scene.undo(ivan, &second).await.expect(200);
    assert_eq!(scene.said(ivan, ticket, "").await, ["", "And the keyboard"]);
    assert_eq!(scene.said(ivan, &third, "").await, ["The mouse is broken, too"]);
    assert_eq!(scene.undo(ivan, &third).await.expect(409).code(), "MERGE_TARGET_NOT_OPEN");
    // Unmerged and written on, it goes back once more, with what is new alone.
    let _ = scene.post(ivan, &second, "unmerge", json!(null)).await.expect(200);
    let _ = scene.say_on(ada, &second, "And the desk", false).await.expect(201);
    let _ = scene.undo(ivan, &second).await.expect(200);
    assert_eq!(scene.said(ivan, ticket, "").await, ["", "And the keyboard", "And the desk"]);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_taken_back_is_refused() {
    let scene = Scene::set().await;
    let (ada, ivan, hana, ticket) = (&scene.ada, &scene.ivan, &scene.hana, &scene.ticket);
    let said = scene.say(ada, "The mouse is broken, too", false).await;
    let other = scene.say(ada, "And the keyboard", false).await;
    let (new, second) = (scene.off(&[&said]).await, scene.off(&[&other]).await);
    let decided = scene.desk.decided().await;
    assert_eq!(scene.undo(ada, &new).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    assert_eq!(scene.undo(hana, &new).await.expect(404).code(), "NOT_FOUND");
    let _ = scene.undo(ivan, "TKT-1").await.expect(404);
    let never = scene.undo(ivan, ticket).await.expect(409);
    assert_eq!(never.code(), "NOT_SPLIT_OFF");
    let stale = scene.desk.request(Some(ivan), Method::POST, &format!("/api/v1/tickets/{new}/unsplit"));
    let stale = scene.desk.send(stale.header("if-match", "\"v9\"")).await;
    assert_eq!(stale.expect(412).code(), "PRECONDITION_FAILED");
    assert_eq!(scene.desk.decided().await, decided);

    // Who works on this one alone is told what is told of one that was never split off.
    let _ = scene.post(ivan, &new, "transfer", json!({ "department": "HR" })).await.expect(200);
    let unseen = scene.undo(hana, &new).await.expect(409);
    assert_eq!(unseen.body["error"]["message"], never.body["error"]["message"]);
    assert_eq!((unseen.code(), unseen.body["error"]["details"].clone()), (never.code(), Value::Null));
    assert!(!unseen.body.to_string().contains(ticket), "{}", unseen.body);
    // The original is done.
    let _ = scene.post(ivan, ticket, "resolve", json!({})).await.expect(200);
    let refused = scene.undo(&scene.root, &new).await.expect(409);
    assert_eq!(
        (refused.code(), &refused.body["error"]["details"]["status"]),
        ("MERGE_TARGET_NOT_OPEN", &json!("resolved"))
    );
    let _ = scene.post(ivan, ticket, "reopen", json!({ "reason": "It is back." })).await.expect(200);
    // This one is closed, or lives on elsewhere.
    let _ = scene.post(ivan, &second, "resolve", json!({})).await.expect(200);
    let _ = scene.post(ivan, &second, "close", json!({})).await.expect(200);
    assert_eq!(scene.undo(ivan, &second).await.expect(409).code(), "INVALID_STATUS_TRANSITION");
    let elsewhere = id_of(&scene.desk.ticket(ada, Some("IT")).await);
    let _ = scene.post(&scene.root, &new, "merge", json!({ "into": elsewhere })).await.expect(200);
    assert_eq!(scene.undo(&scene.root, &new).await.expect(423).code(), "TICKET_LOCKED");
    assert_eq!(scene.undo(hana, &new).await.expect(423).code(), "TICKET_LOCKED");
    // The original lives on elsewhere itself.
    let _ = scene.post(&scene.root, &new, "unmerge", json!(null)).await.expect(200);
    let _ = scene.post(ivan, ticket, "merge", json!({ "into": elsewhere })).await.expect(200);
    assert_eq!(scene.undo(&scene.root, &new).await.expect(409).code(), "MERGE_TARGET_NOT_OPEN");
    assert_eq!(scene.said(hana, &new, "").await, ["The mouse is broken, too"], "all the time");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_redactions_and_erasures_hold_after_it() {
    let scene = Scene::set().await;
    let (ada, ivan, root, ticket) = (&scene.ada, &scene.ivan, &scene.root, &scene.ticket);
    let [gone, kept] = ["qzva was my password", "qzvb is my password"];
    let (gone, kept) = (scene.say(ada, gone, false).await, scene.say(ada, kept, false).await);
    let note = scene.say(ivan, "canary", true).await;
    let before = scene.desk.head().await;
    let new = scene.off(&[&gone, &kept, &note]).await;
    let there = list(&scene.read(ivan, &new, "/messages").await);
    scene.redact(&new, &text(&there[0]["id"])).await;
    let _ = scene.say_on(ada, &new, "qzvc is another one", false).await.expect(201);
    let _ = scene.say_on(ivan, &new, "canary, too", true).await.expect(201);
    let _ = scene.undo(ivan, &new).await.expect(200);

    let now = list(&scene.read(ivan, ticket, "/messages").await);
    assert_eq!((&now[0]["content"], &now[0]["is_redacted"]), (&json!("[redacted]"), &json!(true)));
    assert_eq!((&now[0]["id"], &now[4]["content"]), (&json!(gone), &json!("canary, too")));
    for rest in ["", "?include=history", "/messages", "/history", "/events", "/why?field=status"] {
        for ticket in [ticket, &new] {
            let body = scene.read(ada, ticket, rest).await.to_string();
            assert!(!body.contains("canary") && !body.contains(&note), "{rest}: {body}");
        }
    }
    // From here on it is redacted here: what came back, and what came anew.
    scene.redact(ticket, &kept).await;
    scene.redact(ticket, &text(&now[3]["id"])).await;
    purged(&scene, 3).await;
    let nothing = ["[redacted]", "[redacted]", "canary", "[redacted]", "canary, too"];
    assert_eq!(scene.said(root, ticket, "").await, nothing);
    let then = format!("?as_of=position:{before}");
    assert_eq!(scene.said(root, ticket, &then).await, nothing[..3]);
    for ticket in [ticket, &new] {
        let events = scene.read(root, ticket, "/events?limit=100").await.to_string();
        assert!(!["qzva", "qzvb", "qzvc"].iter().any(|text| events.contains(text)), "{events}");
    }
    let path = format!("/api/v1/users/{}/erase", ada.id);
    let told = scene.desk.post(root, &path, json!({ "reason": "request_of_person" })).await.expect(200);
    let token = told.body["confirmation_token"].clone();
    let confirmed = json!({ "reason": "request_of_person", "confirmation_token": token });
    let _ = scene.desk.post(root, &path, confirmed).await.expect(202);
    purged(&scene, 4).await;
    for ticket in [ticket, &new] {
        let all = scene.read(root, ticket, "/events?limit=100").await.to_string();
        assert!(!all.contains("canary"), "{all}");
    }
    assert!(scene.said(root, ticket, "").await.iter().all(|said| said.starts_with('[')));
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_by_who_comes_at_the_same_time_or_by_how_much_there_is() {
    let scene = Scene::set().await;
    let (ada, ivan, ticket) = (&scene.ada, &scene.ivan, &scene.ticket);
    let mut sent = BTreeSet::new();
    for round in 0..8 {
        let said = scene.say(ada, &format!("{round}: at first"), false).await;
        let new = scene.off(&[&said]).await;
        let meanwhile = format!("{round}: meanwhile");
        let (one, other, posted) = futures::join!(
            scene.undo(ivan, &new),
            scene.undo(&scene.root, &new),
            scene.say_on(ada, &new, &meanwhile, false),
        );
        for undone in [one, other] {
            assert_eq!(id_of(&undone.expect(200).body), *ticket);
        }
        assert!(matches!(posted.status.as_u16(), 201 | 423), "{}", posted.body);
        sent.insert(format!("{round}: at first"));
        if posted.status == 201 {
            sent.insert(meanwhile);
        }
    }
    let all = scene.said(ivan, ticket, "?limit=100").await;
    assert_eq!(
        (all.iter().cloned().collect::<BTreeSet<_>>(), all.len()),
        (sent.clone(), sent.len()),
        "each once"
    );

    // More than move at once when a ticket is split.
    let mut posted = Vec::new();
    for n in 0..100 {
        posted.push(scene.say(ivan, &format!("no. {n}"), false).await);
    }
    let new = scene.off(&posted.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for n in 100..130 {
        let _ = scene.say_on(ivan, &new, &format!("no. {n}"), false).await.expect(201);
    }
    let back = scene.undo(ivan, &new).await.expect(200).body;
    assert_eq!(back["message_count"], json!(sent.len() + 130));
    let mut found = Vec::new();
    for page in 1..=2 {
        found.extend(scene.said(ivan, ticket, &format!("?limit=100&page={page}")).await);
    }
    assert_eq!(
        (found.iter().collect::<BTreeSet<_>>().len(), found.len()),
        (sent.len() + 130, sent.len() + 130)
    );
    let arrived: Vec<String> = (100..130).map(|n| format!("no. {n}")).collect();
    assert!(found.ends_with(&arrived), "in their order");
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
