//! Headers, addresses and methods.

use reqwest::Method;
use serde_json::json;

use super::{Expected, Scene, expected};

const NOT_FOUND: Expected = expected(404, "NOT_FOUND");
const UNSUPPORTED: Expected = expected(415, "UNSUPPORTED_MEDIA_TYPE");
const TICKETS: &str = "/api/v1/tickets";
const TICKET: &str = "/api/v1/tickets/{id}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_insists_on_an_old_version_is_told_what_it_missed() {
    let scene = Scene::set().await;
    let by = Some(&scene.agent);
    for priority in ["high", "critical"] {
        let body = json!({ "priority": priority });
        let edit = scene.desk.request(by, Method::PATCH, &scene.path("")).json(&body);
        let _ = scene.desk.send(edit).await.expect(200);
    }
    let stale = expected(412, "PRECONDITION_FAILED");
    let body = json!({ "status": "in_progress" });
    let commands = [
        (Method::POST, "/status", json!({ "status": "in_progress" })),
        (Method::PATCH, "", json!({ "urgency": "low" })),
        (Method::POST, "/claim", json!({})),
        (Method::POST, "/resolve", json!({})),
    ];
    for (method, rest, body) in commands {
        let request =
            scene.desk.request(by, method, &scene.path(rest)).json(&body).header("If-Match", "\"v1\"");
        let answer = scene.refused(rest, request, by, &format!("{TICKET}{rest}"), stale).await;
        let details = &answer.body["error"]["details"];
        assert_eq!(details["current_version"], 3, "{rest}: {details}");
        let missed = details["missed"].as_array().expect("a list");
        let versions: Vec<_> = missed.iter().map(|event| (&event["version"], &event["event_type"])).collect();
        let changed = &json!("PriorityChanged");
        assert_eq!(versions, [(&json!(2), changed), (&json!(3), changed)], "{rest}: {details}");
    }
    for tag in ["\"v2\"", "\"v4\"", "\"v0\"", "W/\"v2\""] {
        let request = scene.desk.request(by, Method::POST, &scene.path("/status"));
        let request = request.json(&body).header("If-Match", tag);
        scene.refused(tag, request, by, &format!("{TICKET}/status"), stale).await;
    }
    let fresh = scene.desk.request(by, Method::POST, &scene.path("/status")).json(&body);
    let _ = scene.desk.send(fresh.header("If-Match", "\"v3\"")).await.expect(200);
    scene.desk.close().await;
}

/// The requester is not told about internal notes in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_is_only_what_the_caller_may_know() {
    let scene = Scene::set().await;
    let messages = scene.path("/messages");
    for (content, is_internal) in [("Psst.", true), ("Hello.", false)] {
        let body = json!({ "content": content, "is_internal": is_internal });
        let _ = scene.desk.post(&scene.agent, &messages, body).await.expect(201);
    }
    let stale = expected(412, "PRECONDITION_FAILED");
    for (by, missed) in [(&scene.user, 1), (&scene.agent, 2)] {
        let request = scene.desk.request(Some(by), Method::POST, &messages);
        let request = request.json(&json!({ "content": "Any news?" })).header("If-Match", "\"v0\"");
        let answer = scene.refused("", request, Some(by), &format!("{TICKET}/messages"), stale).await;
        let told = answer.body["error"]["details"]["missed"].as_array().map(Vec::len);
        assert_eq!(told, Some(missed), "{:?}: {}", by.role, answer.body);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_that_cannot_be_read_is_refused() {
    let scene = Scene::set().await;
    let key = "Idempotency-Key";
    let long = "k".repeat(256);
    let malformed = expected(400, "VALIDATION_ERROR");
    let invalid = expected(422, "VALIDATION_ERROR");
    let cases: [(&str, &str, Expected); 14] = [
        ("If-Match", "3", malformed),
        ("If-Match", "v3", malformed),
        ("If-Match", "\"3\"", malformed),
        ("If-Match", "\"v-1\"", malformed),
        ("If-Match", "\"v99999999999\"", malformed),
        ("If-Match", "\"v1\", \"v2\"", malformed),
        ("If-Match", "", malformed),
        (key, &long, invalid),
        (key, "", invalid),
        (key, "two words", invalid),
        (key, "schlüssel", invalid),
        ("Content-Type", "text/plain", UNSUPPORTED),
        ("Content-Type", "multipart/form-data; boundary=x", UNSUPPORTED),
        ("Content-Type", "application/x-www-form-urlencoded", UNSUPPORTED),
    ];
    for (header, value, expected) in cases {
        let request = scene.desk.request(Some(&scene.agent), Method::POST, &scene.path("/status"));
        let request = request.header("content-type", "application/json").body(r#"{"status":"in_progress"}"#);
        let mut request = request.build().expect("a request");
        let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        let name = format!("{header}: {value:?}");
        let header: reqwest::header::HeaderName = header.parse().expect("a name");
        request.headers_mut().insert(header, value);
        let request = reqwest::RequestBuilder::from_parts(reqwest::Client::new(), request);
        scene.refused(&name, request, Some(&scene.agent), &format!("{TICKET}/status"), expected).await;
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_used_for_something_else_is_refused() {
    let scene = Scene::set().await;
    let ticket = |title: &str| json!({ "title": title, "description": "x" });
    let keyed = |path: &str, body: &serde_json::Value| {
        let request = scene.desk.request(Some(&scene.user), Method::POST, path);
        request.json(body).header("Idempotency-Key", "one")
    };
    let first = scene.desk.send(keyed(TICKETS, &ticket("The printer"))).await.expect(201);
    let reused = expected(422, "IDEMPOTENCY_KEY_REUSED");
    let by = Some(&scene.user);
    scene.refused("body", keyed(TICKETS, &ticket("The scanner")), by, TICKETS, reused).await;
    let resolve = keyed(&scene.path("/resolve"), &ticket("The printer"));
    scene.refused("address", resolve, by, &format!("{TICKET}/resolve"), reused).await;
    let again = scene.desk.send(keyed(TICKETS, &ticket("The printer"))).await.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    // A key is its owner's: somebody else's is another one.
    let other = scene.desk.request(Some(&scene.agent), Method::POST, TICKETS);
    let other = other.json(&ticket("The scanner")).header("Idempotency-Key", "one");
    let _ = scene.desk.send(other).await.expect(201);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found() {
    let scene = Scene::set().await;
    let foreign = scene.foreign().await;
    let conversation = {
        let ticket: domain::id::TicketId = scene.ticket.parse().expect("an id");
        ticket.conversation().to_string()
    };
    let nothing = ["TKT-1763700000000-4K9XQ2", "019b76da-a800-7000-8000-0000000000ff", "99999", "0"];
    let malformed = ["TKT-1", "-1", "%00", "%ff", "'--", "99999999999999999999", conversation.as_str()];
    let by = Some(&scene.user);
    for id in nothing.into_iter().chain(malformed).chain([foreign.as_str()]) {
        let path = |rest: &str| format!("{TICKETS}/{id}{rest}");
        let get = |rest: &str| scene.desk.request(by, Method::GET, &path(rest));
        scene.refused(id, get(""), by, TICKET, NOT_FOUND).await;
        scene.refused(id, get("/history"), by, &format!("{TICKET}/history"), NOT_FOUND).await;
        scene.refused(id, get("/messages"), by, &format!("{TICKET}/messages"), NOT_FOUND).await;
        let resolve = scene.post(&path("/resolve"), "{}");
        scene.refused(id, resolve, by, &format!("{TICKET}/resolve"), NOT_FOUND).await;
        // Not even which version there is.
        let insisting = scene.post(&path("/resolve"), "{}").header("If-Match", "\"v77\"");
        scene.refused(id, insisting, by, &format!("{TICKET}/resolve"), NOT_FOUND).await;
        let message = scene.post(&path("/messages"), r#"{"content":"Hello?"}"#);
        scene.refused(id, message, by, &format!("{TICKET}/messages"), NOT_FOUND).await;
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_there_is_not_and_a_method_it_does_not_take_are_told_apart() {
    let scene = Scene::set().await;
    for path in ["/nowhere", "/api/v1/nowhere", "/api/v2/tickets", "/api/v1/tickets/x/nowhere"] {
        let request = scene.desk.request(Some(&scene.user), Method::GET, path);
        scene.refused(path, request, Some(&scene.user), "unmatched", NOT_FOUND).await;
    }
    let wrong_method = expected(405, "METHOD_NOT_ALLOWED");
    for (method, path, endpoint, allowed) in [
        (Method::DELETE, TICKETS, TICKETS, "POST"),
        (Method::PUT, TICKETS, TICKETS, "POST"),
        (Method::GET, "/api/v1/auth/login", "/api/v1/auth/login", "POST"),
        (Method::DELETE, "/api/v1/tickets/1", TICKET, "PATCH"),
    ] {
        let request = scene.desk.request(Some(&scene.user), method, path);
        let answer = scene.refused(path, request, Some(&scene.user), endpoint, wrong_method).await;
        assert!(answer.header("allow").split(',').any(|method| method == allowed), "{:?}", answer.headers);
    }
    scene.desk.close().await;
}
