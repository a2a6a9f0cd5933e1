//! Addresses are about the requester, and go with them.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Scene;

const MARK: &str = "qzvk-address";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_sealed_and_goes_with_the_requester() {
    let scene = Scene::set().await;
    let url = json!({ "type": "external", "url": format!("https://example.org/{MARK}") });
    let _ = scene.post(&scene.ivan, &scene.one, "links", url).await.expect(201);
    let _ = scene.link(&scene.ivan, &scene.one, "relates", &scene.other).await.expect(201);
    let stored: i64 =
        sqlx::query_scalar("select count(*) from ledger.events where payload::text like '%' || $1 || '%'")
            .bind(MARK)
            .fetch_one(scene.desk.desk.pool())
            .await
            .expect("a count");
    assert_eq!(stored, 0, "in the clear in the log");

    let path = format!("/api/v1/users/{}/erase", scene.ada.id);
    let told =
        scene.desk.post(&scene.root, &path, json!({ "reason": "request_of_person" })).await.expect(200);
    let token = told.body["confirmation_token"].clone();
    let confirmed = json!({ "reason": "request_of_person", "confirmation_token": token });
    let _ = scene.desk.post(&scene.root, &path, confirmed).await.expect(202);
    let started = Instant::now();
    loop {
        let job = scene.desk.get(&scene.root, &format!("/api/v1/users/{}/erasure", scene.ada.id)).await;
        if job.expect(200).body["state"] == "done" {
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let links = scene.links(&scene.ivan, &scene.one).await;
    let expected = [super::link("external", "[erased]"), super::link("relates", &scene.other)];
    assert_eq!(links, expected);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
