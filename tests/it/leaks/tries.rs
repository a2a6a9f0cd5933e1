//! What is answered to whoever tries to do something to what is for staff, by the ids that it has.

use reqwest::Method;
use serde_json::{Value, json};

use super::requests::{Got, Request};
use super::scene::{Reader, Scene};

/// What everybody tries who should not get far; of the one who may, only what changes nothing.
pub(super) async fn all(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let stage = reader.stage;
    let mut tries: Vec<(Method, String, Value)> = Vec::new();
    for ticket in stage.tickets() {
        let path = |rest: &str| format!("/api/v1/tickets/{ticket}{rest}");
        for note in &stage.notes {
            tries.push((
                Method::PUT,
                path(&format!("/messages/{note}/feedback")),
                json!({ "feedback": "up" }),
            ));
            let redact = json!({ "all": true, "reason": "A try" });
            tries.push((Method::POST, path(&format!("/messages/{note}/redact")), redact));
            tries.push((Method::POST, path("/split"), json!({ "title": "A try", "message_ids": [note] })));
        }
        for file in &stage.files {
            let with = json!({ "content": "A try", "attachment_ids": [file] });
            tries.push((Method::POST, path("/messages"), with));
        }
        for (rest, body) in [("/transfer", json!({ "department": "IT" })), ("/resolve", json!({}))] {
            tries.push((Method::POST, path(rest), body));
        }
        tries.push((Method::PATCH, path(""), json!({ "urgency": "high" })));
        tries.push((Method::PUT, path("/draft"), json!({ "content": "A try" })));
        tries.push((Method::DELETE, path("/draft"), json!({})));
    }
    for file in &stage.files {
        tries.push((Method::POST, format!("/api/v1/attachments/{file}/link"), json!({})));
        tries.push((Method::DELETE, format!("/api/v1/attachments/{file}"), json!({})));
    }
    if reader.is_control {
        tries.retain(|(method, path, _)| *method == Method::PUT && path.ends_with("/feedback"));
    }
    let mut all = Vec::new();
    for (method, path, body) in tries {
        // Nobody's version: whoever may do it is told what they missed instead.
        let is_stale = !reader.is_control && !path.ends_with("/feedback");
        let mut request = scene.request(reader, method.clone(), &path).json(&body);
        if is_stale && !path.ends_with("/messages") {
            request = request.header("If-Match", "\"v1\"");
        }
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a text"));
        assert!(status < 500, "{method} {path}: {text}");
        // What they sent themselves is nobody's secret.
        let path = format!("{method} {path} {body}");
        all.push(Got { request: Request { operation: "try".to_owned(), path }, status, text });
    }
    all
}

/// What happened although it should not have.
pub(super) fn faults<'g>(
    reader: &Reader<'_>,
    tried: impl Iterator<Item = &'g Got>,
) -> impl Iterator<Item = &'g str> {
    let ids: Vec<&String> = reader.stage.notes.iter().chain(&reader.stage.files).collect();
    let is_about_one = |got: &&Got| ids.iter().any(|id| got.request.path.contains(id.as_str()));
    let is_done = |got: &&Got| !reader.is_control && got.status < 400;
    let done: Vec<&str> =
        tried.filter(is_about_one).filter(is_done).map(|got| got.request.path.as_str()).collect();
    done.into_iter()
}
