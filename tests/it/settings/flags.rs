//! Features that are switched off are off, without a restart, and on again.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::desk::TestDesk;

use super::{FLAGS, named, patch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documentation_is_there_while_it_is_switched_on() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let statuses = async || {
        let mut statuses = Vec::new();
        for path in ["/docs/", "/openapi.json", "/asyncapi.json", "/schemas"] {
            statuses.push(desk.send(desk.request(None, Method::GET, path)).await.status.as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 200, 200, 200]);
    let off = patch(&desk, &admin, FLAGS, json!({ "api_docs": false })).await.expect(200);
    assert_eq!(named(&off, "api_docs")["value"], false);
    assert_eq!(named(&off, "api_docs")["last_change"]["actor_id"], json!(admin.id));
    assert_eq!(statuses().await, [404, 404, 404, 200], "events name their schemas");
    let _ = patch(&desk, &admin, FLAGS, json!({ "api_docs": true })).await.expect(200);
    assert_eq!(statuses().await, [200, 200, 200, 200]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_s_stream_ends_when_it_is_switched_off() {
    let desk = TestDesk::open().await;
    let (admin, user, agent) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    let follow = |who| desk.request(Some(who), Method::GET, "/api/v1/events/stream");
    let open = follow(&user).send().await.expect("an answer");
    assert_eq!(open.status().as_u16(), 200);
    let _ = patch(&desk, &admin, FLAGS, json!({ "event_stream_for_requesters": false })).await.expect(200);
    let refused = desk.send(follow(&user)).await.expect(403);
    assert!(refused.body["error"]["message"].as_str().is_some_and(|text| text.contains("switched off")));
    let _ = desk.send(follow(&agent)).await.expect(200);
    let ended = async {
        let (mut open, mut text) = (open, String::new());
        while let Ok(Some(bytes)) = open.chunk().await {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        text
    };
    let text = tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the open stream ends");
    assert!(text.contains("event: end") && text.contains("AUTHZ_FORBIDDEN"), "{text}");
    desk.close().await;
}
