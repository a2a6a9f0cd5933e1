//! Texts with markup and scripts are texts: they come back to the letter, and nothing that answers could run them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::path_of;
use crate::realtime::client::Socket;

const MARKUP: [&str; 8] = [
    "<script>alert(document.cookie)</script>",
    "<img src=x onerror=alert(1)>",
    "</textarea><svg/onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">click</a>",
    "]]><!--<script>alert(1)//-->",
    "{{constructor.constructor('alert(1)')()}}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "A\u{2028}</script><script>alert(1)</script>",
];

/// Checks that what `who` gets at `path` has `content` in it, and is nothing that a browser would show as a page.
async fn is_harmless(desk: &TestDesk, who: &Somebody, path: &str, content: &str) {
    let answer = desk.get(who, path).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json", "{path}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert!(holds(&answer.body, content), "{path}: {content} is not in {}", answer.body);
}

/// Whether a text in `value` is `content`, to the letter.
fn holds(value: &Value, content: &str) -> bool {
    match value {
        Value::String(text) => text == content,
        Value::Array(items) => items.iter().any(|item| holds(item, content)),
        Value::Object(fields) => fields.values().any(|value| holds(value, content)),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_with_a_script_is_a_text_everywhere() {
    let desk = TestDesk::with(TestDatabase::create().await, &[("TICKETS_PER_DAY", "1000")]).await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    for content in MARKUP {
        let filed = json!({ "title": content, "description": content, "department": "IT" });
        let ticket = desk.post(&ada, "/api/v1/tickets", filed).await.expect(201).body;
        assert_eq!((&ticket["title"], &ticket["description"]), (&json!(content), &json!(content)));
        let (path, mut socket) = (path_of(&ticket), Socket::open(&desk, &ivan).await);
        let room = format!("ticket_{}", ticket["ticket_id"].as_str().expect("an id"));
        socket.enter(&[&room], None).await;
        let said = desk.post(&ada, &format!("{path}/messages"), json!({ "content": content })).await;
        assert_eq!(said.expect(201).body["content"], content);
        assert_eq!(socket.next_of("event").await["message"]["content"], content, "in frames");
        for way in ["", "/messages", "/messages?as_of=2099-01-01T00:00:00Z", "/events", "?include=history"] {
            is_harmless(&desk, &ivan, &format!("{path}{way}"), content).await;
        }
        is_harmless(&desk, &ada, &format!("/api/v1/users/{}/export", ada.id), content).await;
    }
    desk.close().await;
}

/// What is wrong is quoted in answers: they are no pages either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_quotes_a_script_is_no_page() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    let path = path_of(&desk.ticket(&ada, Some("IT")).await);
    for (method, path, body) in [
        (Method::GET, format!("/{script}"), json!({})),
        (Method::GET, format!("/api/v1/tickets/{script}"), json!({})),
        (Method::GET, format!("/api/v1/tickets?{script}=1"), json!({})),
        (Method::GET, format!("/api/v1/tickets?status={script}"), json!({})),
        (Method::GET, format!("/api/v1/attachments/{script}/download"), json!({})),
        (Method::POST, format!("{path}/messages"), json!({ MARKUP[0]: 1 })),
        (Method::POST, format!("{path}/status"), json!({ "status": MARKUP[0] })),
    ] {
        let request = desk.request(Some(&ada), method, &path).header("Accept", "text/html").json(&body);
        let answer = desk.send(request).await;
        assert!(answer.status.is_client_error() && !answer.code().is_empty(), "{path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    desk.close().await;
}
