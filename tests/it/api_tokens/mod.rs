//! API tokens and the accounts of programs.

mod behalf;
mod endings;
mod issuing;
mod limits;
mod services;

use std::time::{Duration, Instant};

use domain::access::Role;
use domain::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use uuid::Uuid;

const TOKENS: &str = "/api/v1/auth/tokens";
const ME: &str = "/api/v1/auth/me";

/// A token of `owner` for `scopes`, as a program shows it, and its id.
async fn token(desk: &TestDesk, owner: &Somebody, scopes: &[&str]) -> (Somebody, Uuid) {
    let answer = desk.post(owner, TOKENS, json!({ "name": "a program", "scopes": scopes })).await;
    holder(owner, &answer.expect(201))
}

/// A token for `scopes` of the service account `program`, issued by `admin`.
async fn token_of(
    desk: &TestDesk,
    admin: &Somebody,
    program: &Somebody,
    scopes: &[&str],
) -> (Somebody, Uuid) {
    let body = json!({ "name": "a program", "scopes": scopes, "user_id": program.id });
    holder(program, &desk.post(admin, TOKENS, body).await.expect(201))
}

/// Who shows the secret in `answer`.
fn holder(owner: &Somebody, answer: &Answer) -> (Somebody, Uuid) {
    let id = answer.body["token"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let secret = answer.body["secret"].as_str().expect("a secret").to_owned();
    (Somebody { token: secret, ..owner.clone() }, id)
}

/// A service account of `role`, made by `admin`.
async fn service(desk: &TestDesk, admin: &Somebody, role: Role) -> Somebody {
    let name = format!("robot-{}", Uuid::new_v4().simple());
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "role": role.as_str(), "kind": "service",
    });
    let made = desk.post(admin, "/api/v1/users", body).await.expect(201);
    assert_eq!(made.body["is_service"], true);
    let id = made.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: UserId(id), role, token: String::new() }
}

/// How long it takes until `desk` answers `holder` with `status`; fails after ten seconds.
async fn until(desk: &TestDesk, holder: &Somebody, status: u16) -> Duration {
    let began = Instant::now();
    while desk.get(holder, ME).await.status.as_u16() != status {
        assert!(began.elapsed() < Duration::from_secs(10), "never {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

/// The events of `stream`, as an administrator reads them.
async fn events_of(desk: &TestDesk, admin: &Somebody, stream: &str) -> Vec<Value> {
    let page = desk.get(admin, &format!("/api/v1/events?limit=1000&streams={stream}")).await.expect(200);
    page.body["events"].as_array().expect("events").clone()
}

/// What `who` gets for `body` at `path` on behalf of `person`.
async fn on_behalf(desk: &TestDesk, who: &Somebody, person: &str, path: &str, body: Option<Value>) -> Answer {
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let request = desk.request(Some(who), method, path).header("X-On-Behalf-Of", person);
    desk.send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}
