//! Who may have webhooks, and what is no webhook.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::Answer;

use super::{Scene, WEBHOOKS};

async fn ask(scene: &Scene, method: Method, path: &str, body: &Value) -> Answer {
    scene.desk.send(scene.desk.request(Some(&scene.admin), method, path).json(body)).await
}

/// The field that the answer complains about; empty if it names none.
fn field(answer: &Answer) -> &str {
    answer.body["error"]["details"]["errors"][0]["field"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_have_anything_to_do_with_them() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let (agent, head) = (scene.desk.it_agent().await, scene.desk.decided().await);
    let operations = [
        (Method::GET, WEBHOOKS.to_owned(), Value::Null),
        (Method::POST, WEBHOOKS.to_owned(), json!({ "url": scene.receiver.url() })),
        (Method::GET, webhook.path(""), Value::Null),
        (Method::PATCH, webhook.path(""), json!({ "enabled": false })),
        (Method::DELETE, webhook.path(""), Value::Null),
        (Method::POST, webhook.path("/test"), json!({})),
        (Method::POST, webhook.path("/rotate-secret"), json!({})),
        (Method::POST, webhook.path("/replay"), json!({ "from_pos": 1 })),
        (Method::GET, webhook.path("/deliveries"), Value::Null),
        (Method::POST, webhook.path(&format!("/deliveries/{}/redeliver", webhook.id)), json!({})),
    ];
    for (method, path, body) in operations {
        for (who, status, code) in [
            (None, 401, "AUTH_INVALID"),
            (Some(&scene.user), 403, "AUTHZ_FORBIDDEN"),
            (Some(&agent), 403, "AUTHZ_FORBIDDEN"),
        ] {
            let request = scene.desk.request(who, method.clone(), &path);
            let request = if body.is_null() { request } else { request.json(&body) };
            let answer = scene.desk.send(request).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (status, code),
                "{method} {path}: {}",
                answer.body
            );
        }
    }
    assert_eq!(scene.desk.decided().await, head, "nothing follows");
    assert!(scene.receiver.received().is_empty());
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_so_and_leaves_no_trace() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let (url, head) = (scene.receiver.url(), scene.desk.decided().await);
    let too_many: Vec<&str> = std::iter::repeat_n("TicketCreated", 101).collect();
    let (add, change, replay) = (WEBHOOKS.to_owned(), webhook.path(""), webhook.path("/replay"));
    let cases = [
        (Method::POST, &add, json!({}), "url"),
        (Method::POST, &add, json!({ "url": null }), "url"),
        (Method::POST, &add, json!({ "url": 7 }), "url"),
        (Method::POST, &add, json!({ "url": url, "secret": "whsec_of-my-own" }), "secret"),
        (Method::POST, &add, json!({ "url": url, "events": "TicketCreated" }), "events"),
        (Method::POST, &add, json!({ "url": url, "events": ["TicketExploded"] }), "events"),
        (Method::POST, &add, json!({ "url": url, "events": too_many }), "events"),
        (Method::POST, &add, json!({ "url": url, "internal": "yes" }), "internal"),
        (Method::POST, &add, json!({ "url": format!("{url}/{}", "x".repeat(2_000)) }), "url"),
        (Method::PATCH, &change, json!({ "url": "hook" }), "url"),
        (Method::PATCH, &change, json!({ "events": [""] }), "events"),
        (Method::PATCH, &change, json!({ "enabled": 1 }), "enabled"),
        (Method::PATCH, &change, json!({ "version": 1 }), "version"),
        (Method::POST, &replay, json!({}), "from_pos"),
        (Method::POST, &replay, json!({ "from_pos": "1" }), "from_pos"),
        (Method::POST, &replay, json!({ "from_pos": 0 }), "from_pos"),
        (Method::POST, &replay, json!({ "from_pos": -1 }), "from_pos"),
        (Method::POST, &replay, json!({ "from_pos": 1_000_000 }), "from_pos"),
    ];
    for (method, path, body, wrong) in cases {
        let answer = ask(&scene, method, path, &body).await;
        let told = (answer.status.as_u16(), answer.code(), field(&answer));
        assert_eq!(told, (422, "VALIDATION_ERROR", wrong), "{body}: {}", answer.body);
    }
    for (query, wrong) in [
        ("?state=lost", "state"),
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?cursor=x", "cursor"),
        ("?page=1", "page"),
    ] {
        let answer = scene.desk.get(&scene.admin, &webhook.path(&format!("/deliveries{query}"))).await;
        let told = (answer.status.as_u16(), answer.code(), field(&answer));
        assert_eq!(told, (422, "VALIDATION_ERROR", wrong), "{query}: {}", answer.body);
    }
    assert_eq!(scene.desk.decided().await, head, "nothing follows");
    assert_eq!(scene.shown(&webhook).await["version"], 1);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found_and_what_changed_meanwhile_is_told() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let nothing = "019b76da-a800-7000-8000-000000000000";
    for (method, rest, body) in [
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({ "enabled": false })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/test", json!({})),
        (Method::POST, "/rotate-secret", json!({})),
        (Method::POST, "/replay", json!({ "from_pos": 1 })),
        (Method::GET, "/deliveries", Value::Null),
        (Method::POST, "/deliveries/019b76da-a800-7000-8000-000000000000/redeliver", json!({})),
    ] {
        for id in [nothing, "no-id"] {
            let answer = ask(&scene, method.clone(), &format!("{WEBHOOKS}/{id}{rest}"), &body).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"), "{method} {id}{rest}");
        }
    }
    let path = webhook.path(&format!("/deliveries/{nothing}/redeliver"));
    assert_eq!(ask(&scene, Method::POST, &path, &json!({})).await.code(), "NOT_FOUND");

    let shown = scene.desk.get(&scene.admin, &webhook.path("")).await.expect(200);
    assert_eq!(shown.header("etag"), "\"v1\"");
    let _ = scene.patch(&webhook, json!({ "internal": true })).await.expect(200);
    for (method, rest, body) in [
        (Method::PATCH, "", json!({ "enabled": false })),
        (Method::DELETE, "", json!({})),
        (Method::POST, "/replay", json!({ "from_pos": 1 })),
    ] {
        let request = scene.desk.request(Some(&scene.admin), method, &webhook.path(rest));
        let answer = scene.desk.send(request.header("If-Match", "\"v1\"").json(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (412, "PRECONDITION_FAILED"), "{}", answer.body);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_add_one_that_is_sent_again_adds_none_and_a_hundred_are_enough() {
    let scene = Scene::set().await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = scene.desk.request(Some(&scene.admin), Method::POST, WEBHOOKS);
        let request = request.header("Idempotency-Key", "once").json(&json!({ "url": scene.receiver.url() }));
        answers.push(scene.desk.send(request).await.expect(201));
    }
    assert_eq!(answers[0].body, answers[1].body);
    assert_eq!(answers[1].header("idempotency-replayed"), "true");
    for _ in 1..100 {
        scene.webhook(json!({ "events": ["TicketResolved"] })).await;
    }
    let refused = ask(&scene, Method::POST, WEBHOOKS, &json!({ "url": scene.receiver.url() })).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "TOO_MANY_WEBHOOKS"), "{}", refused.body);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_delivery_log_has_pages() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let ticket = scene.ticket().await;
    for number in 0..4 {
        scene.say(&ticket, &format!("Message {number}")).await;
    }
    scene.receiver.wait_for_taken(5).await;
    scene
        .until("select count(*) from desk.webhook_deliveries where state = 'delivered'", |rows| rows == 5)
        .await;
    let (mut positions, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = webhook.path(&format!("/deliveries?limit=2&state=delivered{cursor}"));
        let page = scene.desk.get(&scene.admin, &path).await.expect(200).body;
        let rows = page["deliveries"].as_array().expect("a list");
        positions.extend(rows.iter().filter_map(|row| row["position"].as_i64()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(positions.len(), 5);
    assert!(positions.is_sorted_by(|one, next| one > next), "the newest first: {positions:?}");
    scene.desk.close().await;
}
