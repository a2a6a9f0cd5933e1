//! The words and addresses that programs of the desk's predecessors use.

use reqwest::Method;
use serde_json::json;
use tests::desk::TestDesk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_filed_in_the_predecessors_words() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let bodies = [
        json!({ "subject": "The printer jams", "description": "Again.", "priority": "MEDIUM" }),
        json!({ "subject": "The printer jams", "body": "Again.", "priority": "medium" }),
        json!({ "title": "The printer jams", "description": "Again.", "urgency": "Medium" }),
        json!({ "title": "The printer jams", "description": "Again." }),
    ];
    let paths = ["/tickets", "/tickets/", "/api/v1/tickets/", "/api/v1/tickets"];
    for (body, path) in bodies.into_iter().zip(paths) {
        let created = desk.post(&user, path, body).await.expect(201);
        assert_eq!(created.body["title"], "The printer jams", "{path}");
        assert_eq!(created.body["description"], "Again.", "{path}");
        assert_eq!(
            (&created.body["urgency"], &created.body["priority"]),
            (&json!("medium"), &json!("medium"))
        );
        let location = created.header("location");
        let _ = desk.get(&user, location).await.expect(200);
        let short = location.strip_prefix("/api/v1").expect("the full address");
        for path in [short.to_owned(), format!("{short}/"), format!("{location}/?include=messages")] {
            assert_eq!(desk.get(&user, &path).await.expect(200).body["id"], created.body["id"], "{path}");
        }
    }
    let list = desk.get(&user, "/tickets/?status=OPEN").await.expect(200);
    assert_eq!(list.body["total_count"], 4);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_worked_on_in_the_predecessors_words() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&user, Some("it")).await;
    let path = format!("/tickets/{}", ticket["number"]);
    let body = json!({ "subject": "The scanner jams", "priority": "HIGH" });
    let edited = desk.send(desk.request(Some(&user), Method::PUT, &path).json(&body)).await.expect(200);
    assert_eq!(
        (&edited.body["title"], &edited.body["urgency"]),
        (&json!("The scanner jams"), &json!("high"))
    );
    let body = json!({ "assigned_agent": agent.id });
    let assigned = desk.post(&agent, &format!("{path}/assign/"), body).await.expect(200);
    assert_eq!(assigned.body["assignee_id"], json!(agent.id));
    let said = desk.post(&agent, &format!("{path}/comments/"), json!({ "body": "Hm.", "isAI": true })).await;
    let said = said.expect(201);
    assert_eq!((&said.body["content"], &said.body["isAI"]), (&json!("Hm."), &json!(true)));
    assert_eq!(
        (&said.body["message_type"], &said.body["is_internal"]),
        (&json!("agent_message"), &json!(false))
    );
    let waiting = json!({ "status": "WAITING_ON_CUSTOMER" });
    let waiting = desk.post(&agent, &format!("{path}/set-status"), waiting).await.expect(200);
    assert_eq!(waiting.body["status"], "waiting_on_customer");
    let body = json!({ "status": "IN_PROGRESS" });
    let by_put = desk.send(desk.request(Some(&agent), Method::PUT, &path).json(&body)).await.expect(200);
    assert_eq!(by_put.body["status"], "in_progress");
    let feedback = format!("/tickets/{}/messages/{}/feedback/", ticket["number"], text(&said.body["id"]));
    let judged = desk.request(Some(&user), Method::PUT, &feedback).json(&json!({ "feedback": "UP" }));
    assert_eq!(desk.send(judged).await.expect(200).body["feedback"], "up");
    let _ = desk.post(&user, &format!("{path}/resolve"), json!({})).await.expect(200);
    let judged = desk.post(&user, &format!("{path}/feedback"), json!("Quick and friendly")).await.expect(200);
    assert_eq!(judged.body["feedback_comment"], "Quick and friendly");
    let fresh = desk.post(&agent, &format!("{path}/status"), json!({ "status": "NEW" })).await.expect(200);
    assert_eq!(fresh.body["status"], "open");
    desk.close().await;
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a text")
}

/// Bodies that may be left out may be left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_needs_no_body_takes_none() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&user, Some("IT")).await;
    for (command, status) in [
        ("claim", "assigned"),
        ("unassign", "open"),
        ("resolve", "resolved"),
        ("reopen", "open"),
        ("resolve", "resolved"),
        ("close", "closed"),
    ] {
        let path = format!("/api/v1/tickets/{}/{command}", ticket["number"]);
        let answer = desk.send(desk.request(Some(&agent), Method::POST, &path)).await.expect(200);
        let ticket = if answer.body["ticket"].is_object() { &answer.body["ticket"] } else { &answer.body };
        assert_eq!(ticket["status"], status, "{command}");
    }
    desk.close().await;
}
