//! An answer that also sets the status: both or neither.

use serde_json::json;
use tests::desk::{Somebody, TestDesk};

use super::path_of;

async fn status_of(desk: &TestDesk, who: &Somebody, path: &str) -> String {
    desk.get(who, path).await.expect(200).body["status"].as_str().expect("a status").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_answer_and_set_the_status_in_one_append() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let path = path_of(&desk.ticket(&ada, Some("IT")).await);
    let messages = format!("{path}/messages");
    let steps = [
        ("waiting_on_customer", false, "waiting_on_customer"),
        ("in_progress", true, "in_progress"),
        ("in_progress", false, "in_progress"),
        ("resolved", false, "resolved"),
        ("closed", false, "closed"),
    ];
    for (set, is_internal, becomes) in steps {
        let body = json!({ "content": "So.", "set_status": set, "is_internal": is_internal });
        let _ = desk.post(&ivan, &messages, body).await.expect(201);
        assert_eq!(status_of(&desk, &ivan, &path).await, becomes);
    }
    let (commands, positions): (i64, i64) = sqlx::query_as(
        "select count(distinct command_id), max(position) - min(position) from ledger.events
          where command_id = (select command_id from ledger.events where event_type = 'TicketResolved')",
    )
    .fetch_one(desk.desk.pool())
    .await
    .expect("events");
    assert_eq!((commands, positions), (1, 1), "the answer and what it sets stand side by side");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_transition_refuses_posts_nothing() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let path = path_of(&desk.ticket(&ada, Some("IT")).await);
    let messages = format!("{path}/messages");
    let head = desk.head().await;
    let closing = json!({ "content": "Done.", "set_status": "closed" });
    let refused = desk.post(&ivan, &messages, closing.clone()).await.expect(409);
    assert_eq!(refused.code(), "INVALID_STATUS_TRANSITION", "{}", refused.body);
    assert_eq!(refused.body["error"]["details"]["to"], "closed");
    let refused = desk.post(&ada, &messages, closing).await.expect(403);
    assert_eq!(refused.code(), "AUTHZ_FORBIDDEN", "staff only");
    let unknown = json!({ "content": "Done.", "set_status": "gone" });
    let refused = desk.post(&ivan, &messages, unknown).await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "set_status", "{}", refused.body);
    let decided = desk.decided().await;
    assert_eq!(desk.get(&ivan, &messages).await.expect(200).body["total_count"], 0);
    assert!(desk.head().await - head <= 1, "at most the refusal is noted");
    // The same sending again neither posts nor sets again.
    let first = json!({ "content": "Wait.", "set_status": "waiting_on_customer", "client_msg_id": "c1" });
    let posted = desk.post(&ivan, &messages, first.clone()).await.expect(201);
    let _ = desk.post(&ada, &messages, json!({ "content": "I waited." })).await.expect(201);
    let again = desk.post(&ivan, &messages, first).await.expect(201);
    assert_eq!(again.body["id"], posted.body["id"]);
    assert_eq!(status_of(&desk, &ivan, &path).await, "in_progress");
    assert_eq!(desk.decided().await - decided, 5, "two messages and three changes of the status");
    desk.close().await;
}
