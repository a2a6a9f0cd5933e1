//! What settings change: what agents see, how long tickets can be reopened; on every node within a second.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::set;

/// Which of `tickets` are within sight of `who`: in the list, by themselves, and to be answered.
async fn seen(desk: &TestDesk, who: &Somebody, tickets: &[&Value]) -> Vec<bool> {
    let list = desk.get(who, "/api/v1/tickets?limit=100").await.expect(200).body;
    let listed = list["tickets"].as_array().expect("tickets");
    assert_eq!(list["total_count"], listed.len(), "the count is of the same tickets");
    let mut seen = Vec::new();
    for ticket in tickets {
        let id = ticket["ticket_id"].as_str().expect("an id");
        let is_listed = listed.iter().any(|one| one["ticket_id"] == id);
        let shown = desk.get(who, &format!("/api/v1/tickets/{id}")).await.status == 200;
        let note = json!({ "content": "Seen.", "is_internal": true });
        let answered = desk.post(who, &format!("/api/v1/tickets/{id}/messages"), note).await.status == 201;
        assert_eq!((shown, answered), (is_listed, is_listed), "rows and rules agree on {id}");
        seen.push(is_listed);
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_see_their_departments_tickets_or_only_those_assigned_to_them() {
    let desk = TestDesk::open().await;
    let (admin, ada, ivan) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    let queued = desk.ticket(&ada, Some("IT")).await;
    let assigned = desk.ticket(&ada, Some("IT")).await;
    let elsewhere = desk.ticket(&ada, Some("HR")).await;
    for ticket in [&assigned, &elsewhere] {
        let path = format!("/api/v1/tickets/{}/assign", ticket["ticket_id"].as_str().expect("an id"));
        let _ = desk.post(&admin, &path, json!({ "agent_id": ivan.id })).await.expect(200);
    }
    let tickets = [&queued, &assigned, &elsewhere];
    assert_eq!(seen(&desk, &ivan, &tickets).await, [true, true, true]);
    set(&desk, "agent_visibility", json!("assigned")).await;
    assert_eq!(seen(&desk, &ivan, &tickets).await, [false, true, true]);
    assert_eq!(seen(&desk, &admin, &tickets).await, [true, true, true], "administrators see all as before");
    let home = desk.get(&ivan, "/api/v1/agent/home").await.expect(200).body.to_string();
    assert!(!home.contains(queued["ticket_id"].as_str().expect("an id")), "{home}");
    set(&desk, "agent_visibility", json!("department")).await;
    assert_eq!(seen(&desk, &ivan, &tickets).await, [true, true, true]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_goes_by_a_setting_within_a_second() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
    for (value, status) in [("assigned", 404), ("department", 200)] {
        let _ = other.get(&ivan, &path).await;
        set(&desk, "agent_visibility", json!(value)).await;
        let began = Instant::now();
        while other.get(&ivan, &path).await.status != status {
            assert!(began.elapsed() < Duration::from_secs(5), "{value}: not at all");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(began.elapsed() < Duration::from_millis(1_500), "{value}: {:?}", began.elapsed());
        assert_eq!(desk.get(&ivan, &path).await.status, status, "and the node itself at once");
    }
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reopening_window_is_as_long_as_it_is_set() {
    let desk = TestDesk::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let resolved = async || {
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
        let _ = desk.post(&ivan, &format!("{path}/resolve"), json!({})).await.expect(200);
        path
    };
    let (first, second) = (resolved().await, resolved().await);
    let _ = desk.post(&ada, &format!("{first}/reopen"), json!({})).await.expect(200);
    set(&desk, "reopen_window_days", json!(0)).await;
    let late = desk.post(&ada, &format!("{second}/reopen"), json!({})).await.expect(409);
    assert_eq!(late.code(), "REOPEN_WINDOW_PASSED");
    let answer = json!({ "content": "It is back." });
    let late = desk.post(&ada, &format!("{second}/messages"), answer.clone()).await.expect(409);
    assert_eq!(late.code(), "REOPEN_WINDOW_PASSED");
    set(&desk, "reopen_window_days", json!(1)).await;
    let _ = desk.post(&ada, &format!("{second}/messages"), answer).await.expect(201);
    desk.close().await;
}
