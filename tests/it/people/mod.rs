//! People: their accounts, what they choose for themselves, how they end, and how much work they are given.

mod accounts;
mod agents;
mod capacity;
pub(crate) mod command_line;
mod ending;
mod killed;
mod names;
mod profile;
mod programs;
mod signed_out;
mod smuggled;
mod unlocking;

use std::time::{Duration, Instant};

use domain::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

const USERS: &str = "/api/v1/users";
const PATIENCE: Duration = Duration::from_secs(30);

/// What `who` gets for `method` and `body` at `path`.
async fn send(desk: &TestDesk, who: &Somebody, method: Method, path: &str, body: Value) -> Answer {
    desk.send(desk.request(Some(who), method, path).json(&body)).await
}

async fn patch(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Answer {
    send(desk, who, Method::PATCH, path, body).await
}

async fn delete(desk: &TestDesk, who: &Somebody, path: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::DELETE, path)).await
}

/// The path of `somebody`'s account, and below it.
fn of(somebody: &Somebody, below: &str) -> String {
    format!("{USERS}/{}{below}", somebody.id)
}

/// A ticket of `requester` in IT's queue: its id.
async fn ticket(desk: &TestDesk, requester: &Somebody) -> String {
    desk.ticket(requester, Some("IT")).await["ticket_id"].as_str().expect("an id").to_owned()
}

/// Asks for the ticket to be assigned to `agent`.
async fn assign(desk: &TestDesk, who: &Somebody, ticket: &str, agent: UserId, force: bool) -> Answer {
    let body = json!({ "agent_id": agent, "force": force });
    desk.post(who, &format!("/api/v1/tickets/{ticket}/assign"), body).await
}

/// How many tickets the desk says that `agent` has.
async fn active_count(desk: &TestDesk, admin: &Somebody, agent: UserId) -> i64 {
    let path = format!("/api/v1/agents/{agent}/availability");
    desk.get(admin, &path).await.expect(200).body["active_count"].as_i64().expect("a count")
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
