//! A draft that became a message is gone, and one that was written meanwhile is not.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::Answer;

use super::{Scene, said};

async fn post(scene: &Scene, key: &str, body: &Value) -> Answer {
    let request = scene.desk.request(Some(&scene.ivan), Method::POST, &scene.path("/messages"));
    scene.desk.send(request.header("Idempotency-Key", key).json(body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_its_draft_along_and_no_other() {
    let scene = Scene::set().await;
    let (desk, ivan) = (&scene.desk, &scene.ivan);
    let _ = scene.keep(ivan, None, &said("Try again.")).await.expect(201);
    let _ = scene.keep(&scene.ada, None, &said("Mine")).await.expect(201);
    let message = json!({ "content": "Try again.", "from_draft": 1 });
    let first = post(&scene, "one", &message).await.expect(201);
    let _ = scene.read(desk, ivan).await.expect(404);
    assert_eq!(scene.read(desk, &scene.ada).await.expect(200).body["content"], "Mine");

    // What is written next is no business of a repetition, even of one whose answer was not kept.
    let next = scene.keep(ivan, None, &said("And then")).await.expect(201);
    assert_eq!(next.header("etag"), "\"v3\"");
    let again = post(&scene, "one", &message).await.expect(201);
    assert_eq!(again.body["id"], first.body["id"]);
    sqlx::query("delete from desk.idempotency").execute(desk.desk.pool()).await.expect("forgotten");
    let again = post(&scene, "one", &message).await.expect(201);
    assert_eq!(again.body["id"], first.body["id"]);
    assert_eq!(scene.read(desk, ivan).await.expect(200).body, next.body);

    // Another window went on writing.
    let stale = json!({ "content": "And then?", "from_draft": 2 });
    let _ = post(&scene, "two", &stale).await.expect(201);
    assert_eq!(scene.read(desk, ivan).await.expect(200).body, next.body);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_finishes_what_a_crash_cut_off() {
    let scene = Scene::set().await;
    let message = json!({ "content": "Try again.", "from_draft": 1 });
    let first = post(&scene, "one", &message).await.expect(201);
    // As if the process had died between the message and the draft.
    sqlx::query("delete from desk.idempotency").execute(scene.desk.desk.pool()).await.expect("forgotten");
    let _ = scene.keep(&scene.ivan, None, &said("Try again.")).await.expect(201);
    let again = post(&scene, "one", &message).await.expect(201);
    assert_eq!(again.body["id"], first.body["id"]);
    let _ = scene.read(&scene.desk, &scene.ivan).await.expect(404);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_refused_leaves_the_draft() {
    let scene = Scene::set().await;
    let kept = scene.keep(&scene.ivan, None, &said("Try again.")).await.expect(201);
    let refused = json!({ "content": "Try again.", "from_draft": 1, "set_status": "closed" });
    let answer = post(&scene, "one", &refused).await;
    assert!(answer.status.is_client_error(), "{}", answer.body);
    let request = scene.desk.request(Some(&scene.ivan), Method::POST, &scene.path("/messages"));
    let stale = request.header("If-Match", "\"v7\"").json(&json!({ "content": "x", "from_draft": 1 }));
    let _ = scene.desk.send(stale).await.expect(412);
    assert_eq!(scene.read(&scene.desk, &scene.ivan).await.expect(200).body, kept.body);
    scene.desk.close().await;
}
