//! Notifications: who is told of what, how, and when; and who is not.

mod frames;
mod mails;
mod preferences;
mod raising;
mod reading;
mod sight;
mod twice;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, NOTIFICATIONS, Somebody, TestDesk};
use tests::postgres::TestDatabase;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const LIST: &str = "/api/v1/notifications";
const PREFERENCES: &str = "/api/v1/notifications/preferences";

/// What has people told of what happens.
const ON: [(&str, &str); 1] = [(NOTIFICATIONS, "on")];

/// A desk that tells people of what happens.
async fn open() -> TestDesk {
    TestDesk::with(TestDatabase::create().await, &ON).await
}

/// The path of `ticket`.
fn path_of(ticket: &Value) -> String {
    format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"))
}

/// What a person is called, as [`TestDesk::somebody`] names them.
fn name(who: &Somebody) -> String {
    format!("{}-{}", who.role.as_str().replace('_', "-"), who.id.0.simple())
}

/// Their address.
fn address(who: &Somebody) -> String {
    format!("{}@example.com", name(who))
}

async fn put(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Answer {
    desk.send(desk.request(Some(who), Method::PUT, path).json(&body)).await
}

/// Does `rest` to `ticket`.
async fn act(desk: &TestDesk, who: &Somebody, ticket: &Value, rest: &str, body: Value) -> Value {
    let answer = desk.post(who, &format!("{}/{rest}", path_of(ticket)), body).await;
    assert!(answer.status.is_success(), "{rest}: {}", answer.body);
    answer.body
}

async fn say(desk: &TestDesk, who: &Somebody, ticket: &Value, content: &str) -> Value {
    act(desk, who, ticket, "messages", json!({ "content": content })).await
}

async fn note(desk: &TestDesk, who: &Somebody, ticket: &Value, content: &str) -> Value {
    act(desk, who, ticket, "messages", json!({ "content": content, "is_internal": true })).await
}

async fn assign(desk: &TestDesk, by: &Somebody, ticket: &Value, agent: &Somebody) {
    act(desk, by, ticket, "assign", json!({ "agent_id": agent.id })).await;
}

/// What `who` was told, the oldest first.
async fn list(desk: &TestDesk, who: &Somebody) -> Vec<Value> {
    let listed = desk.get(who, &format!("{LIST}?limit=100")).await.expect(200).body;
    let mut listed = listed["notifications"].as_array().expect("a list").clone();
    listed.reverse();
    listed
}

/// Waits until `who` was told of `count` things.
async fn told(desk: &TestDesk, who: &Somebody, count: usize) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let listed = list(desk, who).await;
        if listed.len() >= count {
            assert_eq!(listed.len(), count, "{listed:?}");
            return listed;
        }
        assert!(started.elapsed() < PATIENCE, "{} of {count} were told: {listed:?}", listed.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until whatever follows from what happened before was told: somebody new is told of a ticket after it.
async fn all_is_told(desk: &TestDesk) {
    let (eve, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&eve, None).await;
    say(desk, &root, &ticket, "That was all.").await;
    told(desk, &eve, 1).await;
}

/// The types of what was told, with the titles.
fn said(listed: &[Value]) -> Vec<(&str, &str)> {
    listed
        .iter()
        .map(|told| (told["type"].as_str().expect("a type"), told["title"].as_str().expect("a title")))
        .collect()
}
