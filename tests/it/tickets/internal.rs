//! Internal notes are for staff only, whichever way one looks (C03).

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{path_of, tickets};

const CANARY: &str = "canary-in-the-note";

struct Scene {
    desk: TestDesk,
    user: Somebody,
    agent: Somebody,
    path: String,
    /// The note's id.
    note: String,
}

impl Scene {
    /// A ticket with a public question, an internal note, and a public answer.
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (user, agent) = (desk.user().await, desk.it_agent().await);
        let path = path_of(&desk.ticket(&user, Some("IT")).await);
        let say = async |who: &Somebody, content: &str, is_internal: bool| {
            let body = json!({ "content": content, "is_internal": is_internal });
            desk.post(who, &format!("{path}/messages"), body).await.expect(201).body
        };
        say(&user, "Hello?", false).await;
        let note = say(&agent, &format!("Difficult. {CANARY}"), true).await;
        say(&agent, "Hello.", false).await;
        let note = note["id"].as_str().expect("an id").to_owned();
        Self { desk, user, agent, path, note }
    }

    async fn get(&self, who: &Somebody, rest: &str) -> Value {
        self.desk.get(who, &format!("{}{rest}", self.path)).await.expect(200).body
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_never_meets_an_internal_note() {
    let scene = Scene::set().await;
    let views =
        ["", "?include=messages,history", "/messages", "/comments", "/messages?after_pos=0", "/history"];
    for view in views {
        let seen = scene.get(&scene.user, view).await.to_string();
        assert!(!seen.contains(CANARY) && !seen.contains(&scene.note), "{view}: {seen}");
        assert!(!seen.to_lowercase().contains("internal note"), "{view}: {seen}");
    }
    for (who, messages, entries) in [(&scene.user, 2, 4), (&scene.agent, 3, 5)] {
        let list = scene.get(who, "/messages").await;
        assert_eq!(list["total_count"], messages, "{:?}", who.role);
        assert_eq!(list["messages"].as_array().map(Vec::len), Some(messages), "{:?}", who.role);
        assert_eq!(scene.get(who, "").await["message_count"], messages, "{:?}", who.role);
        let history = scene.get(who, "/history").await;
        assert_eq!(history["total_count"], entries, "{:?}", who.role);
        assert_eq!(history["history"].as_array().map(Vec::len), Some(entries), "{:?}", who.role);
    }
    let seen = scene.get(&scene.agent, "/messages").await.to_string();
    assert!(seen.contains(CANARY), "staff read it: {seen}");
    let list = scene.desk.get(&scene.user, "/api/v1/tickets").await.expect(200);
    assert_eq!(tickets(&list)[0]["message_count"], 2, "in the list, too");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_internal_note_is_nothing_a_requester_can_judge_or_write() {
    let scene = Scene::set().await;
    let feedback = format!("{}/messages/{}/feedback", scene.path, scene.note);
    let judge =
        |who| scene.desk.request(Some(who), Method::PUT, &feedback).json(&json!({ "feedback": "up" }));
    let head = scene.desk.head().await;
    let refused = scene.desk.send(judge(&scene.user)).await.expect(404);
    assert!(!refused.body.to_string().contains(CANARY));
    let messages = format!("{}/messages", scene.path);
    for body in [json!({ "content": "x", "is_internal": true }), json!({ "content": "x", "isAI": true })] {
        let refused = scene.desk.post(&scene.user, &messages, body).await.expect(403);
        assert_eq!(refused.code(), "AUTHZ_FORBIDDEN");
    }
    assert_eq!(scene.desk.head().await, head);
    let judged = scene.desk.send(judge(&scene.agent)).await.expect(200);
    assert_eq!(judged.body["feedback"], "up");
    scene.desk.close().await;
}

/// A note neither starts the work nor tells the requester by the ticket's version that there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_internal_note_does_not_move_the_ticket() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let path = path_of(&desk.ticket(&user, Some("IT")).await);
    let before = desk.get(&user, &path).await.expect(200);
    let note = json!({ "content": "Psst.", "is_internal": true });
    let _ = desk.post(&agent, &format!("{path}/messages"), note).await.expect(201);
    let after = desk.get(&user, &path).await.expect(200);
    assert_eq!(after.header("etag"), before.header("etag"));
    for field in ["status", "version", "message_count", "first_response_at", "messages"] {
        assert_eq!(after.body[field], before.body[field], "{field}");
    }
    desk.close().await;
}

/// On their own ticket an agent is a requester.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_does_not_read_the_notes_about_themselves() {
    let desk = TestDesk::open().await;
    let (agent, hr) = (desk.it_agent().await, desk.hr_agent().await);
    let path = path_of(&desk.ticket(&agent, Some("HR")).await);
    let note = json!({ "content": CANARY, "is_internal": true });
    let _ = desk.post(&hr, &format!("{path}/messages"), note).await.expect(201);
    for view in ["", "?include=history", "/messages", "/history"] {
        let seen = desk.get(&agent, &format!("{path}{view}")).await.expect(200).body.to_string();
        assert!(!seen.contains(CANARY) && !seen.to_lowercase().contains("internal note"), "{view}: {seen}");
    }
    desk.close().await;
}
