//! The knowledge base: articles that staff write and readers find.

mod bad_input;
mod demo;
mod import;
mod leaks;
mod life;
mod readers;
mod search;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

const ARTICLES: &str = "/api/v1/kb/articles";

/// The address of what belongs to the article that is called `name`.
fn at(name: &str, rest: &str) -> String {
    format!("{ARTICLES}/{name}{rest}")
}

/// An article about IT with `more`.
fn article(title: &str, content: &str, more: Value) -> Value {
    let mut body = json!({ "title": title, "content": content, "category": "IT" });
    if let Value::Object(more) = more {
        for (field, value) in more {
            body[field] = value;
        }
    }
    body
}

/// What `who` gets for `body` at `path`, insisting on `version`.
async fn send(
    desk: &TestDesk,
    who: &Somebody,
    method: Method,
    path: &str,
    version: Option<&str>,
    body: Value,
) -> Answer {
    let request = desk.request(Some(who), method, path);
    let request = match version {
        Some(version) => request.header("if-match", version),
        None => request,
    };
    desk.send(if body.is_null() { request } else { request.json(&body) }).await
}

/// An article that `who` wrote and published; gives its document id.
async fn published(desk: &TestDesk, who: &Somebody, body: Value) -> String {
    let written = desk.post(who, ARTICLES, body).await.expect(201).body;
    let name = written["document_id"].as_str().expect("a document id").to_owned();
    let _ = desk.post(who, &at(&name, "/publish"), json!({})).await.expect(200);
    name
}

/// Waits until the read models show what another program wrote.
async fn caught_up(desk: &TestDesk) {
    let head = desk.head().await;
    assert!(desk.desk.visible.wait(head, Duration::from_secs(30)).await, "visible");
}

/// The titles in a list of articles.
fn titles(list: &Value) -> Vec<&str> {
    let articles = list["articles"].as_array().expect("articles").iter();
    articles.map(|article| article["title"].as_str().expect("a title")).collect()
}
