//! Drafts that are wrong are refused, and say what is wrong.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_wrong_is_not_kept() {
    let scene = Scene::set().await;
    let long = "ö".repeat(20_001);
    for (body, status, field) in [
        (json!({}), 422, "content"),
        (said(""), 422, "content"),
        (said(" \n "), 422, "content"),
        (said(&long), 422, "content"),
        (said("a\u{202E}b"), 422, "content"),
        (json!({ "content": 7 }), 422, "content"),
        (json!({ "content": "x", "is_internal": "yes" }), 422, "is_internal"),
        (json!({ "content": "x", "version": 3 }), 422, "version"),
    ] {
        let answer = scene.keep(&scene.ivan, None, &body).await.expect(status);
        assert_eq!(answer.code(), "VALIDATION_ERROR");
        assert_eq!(answer.body["error"]["details"]["errors"][0]["field"], field, "{}", answer.body);
    }
    for (name, value) in [
        ("If-Match", "1"),
        ("If-Match", "\"v1\", \"v2\""),
        ("If-None-Match", "\"v1\""),
        ("If-None-Match", "*, *"),
    ] {
        let answer = scene.keep(&scene.ivan, Some((name, value)), &said("x")).await.expect(400);
        assert_eq!(answer.code(), "VALIDATION_ERROR", "{name}: {value}");
    }
    let note = json!({ "content": "Psst", "is_internal": true });
    let refused = scene.keep(&scene.ada, None, &note).await.expect(403);
    assert_eq!(refused.code(), "AUTHZ_FORBIDDEN");
    assert_eq!(scene.stored().await, Vec::<String>::new());
    let longest = said(&"ö".repeat(20_000));
    assert_eq!(scene.keep(&scene.ada, None, &longest).await.expect(201).body["content"], longest["content"]);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_names_a_draft_by_a_version() {
    let scene = Scene::set().await;
    let head = scene.desk.head().await;
    for wrong in [json!(0), json!(-1), json!("1"), json!(1.5), json!(4_294_967_296_i64)] {
        let body: Value = json!({ "content": "Hello", "from_draft": wrong });
        let request = scene.desk.request(Some(&scene.ada), Method::POST, &scene.path("/messages"));
        let answer = scene.desk.send(request.json(&body)).await.expect(422);
        assert_eq!(answer.body["error"]["details"]["errors"][0]["field"], "from_draft", "{}", answer.body);
    }
    assert_eq!(scene.desk.head().await, head);
    scene.desk.close().await;
}
