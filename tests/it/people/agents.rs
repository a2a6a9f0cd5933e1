//! Agents as others see them when they assign, and what they say about themselves.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{active_count, assign, of, patch, send, ticket};

const MINE: &str = "/api/v1/me/availability";

async fn listed(desk: &TestDesk, who: &Somebody, agent: &Somebody) -> Value {
    let list = desk.get(who, "/api/v1/agents").await.expect(200).body;
    let agents = list["agents"].as_array().expect("agents");
    let of_them = agents.iter().find(|other| other["id"] == agent.id.to_string());
    let agent = of_them.cloned().unwrap_or_default();
    json!([agent["departments"], agent["is_available"], agent["capacity"], agent["active_count"]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_says_whether_they_take_tickets_and_how_many() {
    let desk = TestDesk::open().await;
    let (admin, ivan, ada) = (desk.admin().await, desk.it_agent().await, desk.user().await);
    let theirs = format!("/api/v1/agents/{}/availability", ivan.id);
    let expected = json!({ "is_available": true, "capacity": 20, "active_count": 0 });
    assert_eq!(desk.get(&ivan, MINE).await.expect(200).body, expected);
    let set = send(&desk, &ivan, Method::PUT, MINE, json!({ "is_available": false, "capacity": 3 })).await;
    assert_eq!(set.expect(200).body, json!({ "is_available": false, "capacity": 3, "active_count": 0 }));
    assert_eq!(listed(&desk, &ivan, &ivan).await, json!([["IT"], false, 3, 0]));
    let set = send(&desk, &admin, Method::PUT, &theirs, json!({ "is_available": true })).await.expect(200);
    assert_eq!(set.body, json!({ "is_available": true, "capacity": 3, "active_count": 0 }));
    let version = set.header("etag").to_owned();
    let put = |version: &str| desk.request(Some(&ivan), Method::PUT, MINE).header("If-Match", version);
    let body = json!({ "is_available": true, "capacity": 4 });
    let _ = desk.send(put("\"v1\"").json(&body)).await.expect(412);
    let _ = desk.send(put(&version).json(&body)).await.expect(200);
    for bad in [
        json!({}),
        json!({ "is_available": true, "capacity": 0 }),
        json!({ "is_available": true, "capacity": 1_001 }),
        json!({ "is_available": true, "capacity": -1 }),
        json!({ "is_available": null }),
    ] {
        let _ = send(&desk, &ivan, Method::PUT, MINE, bad).await.expect(422);
    }
    let _ = desk.get(&ada, MINE).await.expect(403);
    let _ = desk.get(&ivan, &theirs).await.expect(403);
    let requester = format!("/api/v1/agents/{}/availability", ada.id);
    let _ = desk.get(&admin, &requester).await.expect(404);
    let _ = send(&desk, &admin, Method::PUT, &requester, json!({ "is_available": true })).await.expect(409);
    let home = desk.get(&ivan, "/api/v1/agent/home").await.expect(200).body;
    assert_eq!(home["availability"], json!({ "is_available": true, "capacity": 4, "active_count": 0 }));
    let _ = patch(&desk, &admin, &of(&ivan, ""), json!({ "role": "user" })).await.expect(200);
    assert_eq!(listed(&desk, &admin, &ivan).await, json!([null, null, null, null]));
    desk.assert_sound().await;
    desk.close().await;
}

/// Through everything that can happen to a ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_of_active_tickets_follows_every_event() {
    let desk = TestDesk::open().await;
    let (admin, ivan, ida) = (desk.admin().await, desk.it_agent().await, desk.it_agent().await);
    let ada = desk.user().await;
    let one = ticket(&desk, &ada).await;
    let other = ticket(&desk, &ada).await;
    let act = async |path: &str, body: Value| {
        let answer = desk.post(&admin, &format!("/api/v1/tickets/{one}{path}"), body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        (active_count(&desk, &admin, ivan.id).await, active_count(&desk, &admin, ida.id).await)
    };
    let _ = assign(&desk, &admin, &other, ivan.id, false).await.expect(200);
    let to = |agent: &Somebody| json!({ "agent_id": agent.id });
    assert_eq!(act("/assign", to(&ivan)).await, (2, 0));
    assert_eq!(act("/status", json!({ "status": "in_progress" })).await, (2, 0));
    assert_eq!(act("/status", json!({ "status": "waiting_on_customer" })).await, (2, 0));
    assert_eq!(act("/resolve", json!({})).await, (1, 0));
    assert_eq!(act("/reopen", json!({})).await, (2, 0));
    assert_eq!(act("/assign", to(&ida)).await, (1, 1));
    assert_eq!(act("/resolve", json!({})).await, (1, 0));
    assert_eq!(act("/close", json!({})).await, (1, 0));
    assert_eq!(act("/reopen", json!({})).await, (1, 1));
    assert_eq!(act("/unassign", json!({})).await, (1, 0));
    assert_eq!(act("/assign", to(&ida)).await, (1, 1));
    assert_eq!(act("/transfer", json!({ "department": "HR" })).await, (1, 0));
    assert_eq!(act("/assign", json!({ "agent_id": null })).await, (1, 0));
    desk.assert_sound().await;
    desk.close().await;
}
