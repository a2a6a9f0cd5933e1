//! Erasing a person takes their drafts, and everybody's on their tickets; their export has their own.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{Scene, said};

async fn erase(desk: &TestDesk, root: &Somebody, whom: &Somebody) {
    let path = format!("/api/v1/users/{}/erase", whom.id);
    let told = desk.post(root, &path, json!({ "reason": "legal" })).await.expect(200).body;
    let confirmed = json!({ "reason": "legal", "confirmation_token": told["confirmation_token"] });
    let _ = desk.post(root, &path, confirmed).await.expect(202);
    let started = Instant::now();
    loop {
        let job = desk.get(root, &format!("/api/v1/users/{}/erasure", whom.id)).await.expect(200).body;
        if job["state"] == "done" {
            return;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_by_and_about_the_erased_are_gone_and_no_new_ones_are_kept() {
    let scene = Scene::set().await;
    let (desk, root, eve) = (&scene.desk, scene.desk.admin().await, scene.desk.user().await);
    let of_eve = desk.ticket(&eve, Some("IT")).await;
    let of_eve = format!("/api/v1/tickets/{}/draft", of_eve["ticket_id"].as_str().expect("an id"));
    for (by, path) in [
        (&scene.ada, scene.path("/draft")),
        (&scene.ivan, scene.path("/draft")),
        (&scene.ivan, of_eve.clone()),
    ] {
        let request = desk.request(Some(by), reqwest::Method::PUT, &path).json(&said("About her"));
        let _ = desk.send(request).await.expect(201);
    }
    erase(desk, &root, &scene.ada).await;
    let _ = scene.read(desk, &scene.ivan).await.expect(404);
    assert_eq!(scene.stored().await.len(), 1, "the one on the ticket of somebody else");
    assert_eq!(desk.get(&scene.ivan, &of_eve).await.expect(200).body["content"], "About her");
    let refused = scene.keep(&scene.ivan, None, &said("About her again")).await.expect(409);
    assert_eq!(refused.code(), "PERSON_ERASED");
    erase(desk, &root, &scene.ivan).await;
    assert_eq!(scene.stored().await, Vec::<String>::new());
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_lists_the_persons_own_drafts() {
    let scene = Scene::set().await;
    let (desk, root) = (&scene.desk, scene.desk.admin().await);
    let note = json!({ "content": "She is right", "is_internal": true });
    let kept = scene.keep(&scene.ivan, None, &note).await.expect(201).body;
    let export = async |by: &Somebody, of: &Somebody| -> Value {
        desk.get(by, &format!("/api/v1/users/{}/export", of.id)).await.expect(200).body
    };
    let own = export(&scene.ivan, &scene.ivan).await;
    let mut expected = kept;
    expected["ticket_id"] = scene.ticket.as_str().into();
    assert_eq!(own["drafts"], json!([expected]));
    assert_eq!(export(&root, &scene.ada).await["drafts"], json!([]), "what Ivan writes is not Ada's");
    let _ = scene.discard(&scene.ivan, None).await.expect(204);
    assert_eq!(export(&scene.ivan, &scene.ivan).await["drafts"], json!([]));
    scene.desk.close().await;
}
