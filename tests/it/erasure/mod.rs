//! Erasing a person: nothing shows their texts, no file holds them, and the log stays provable.

mod crashes;
mod export;
mod files;
mod rules;
mod shown;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// What every text of the person's begins with.
const MARK: &str = "qzvk";
/// How long an erasure may take to be complete.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks what would be destroyed, and confirms it.
pub(crate) async fn erase(desk: &TestDesk, by: &Somebody, id: &str) -> Answer {
    let path = format!("/api/v1/users/{id}/erase");
    let told = desk.post(by, &path, json!({ "reason": "request_of_person" })).await.expect(200);
    let confirmed =
        json!({ "reason": "request_of_person", "confirmation_token": told.body["confirmation_token"] });
    desk.post(by, &path, confirmed).await.expect(202)
}

/// Waits until the erasure of `id` is complete.
pub(crate) async fn done(desk: &TestDesk, admin: &Somebody, id: &str) -> Value {
    let started = Instant::now();
    loop {
        let job = desk.get(admin, &format!("/api/v1/users/{id}/erasure")).await.expect(200).body;
        if job["state"] == "done" {
            return job;
        }
        assert!(started.elapsed() < PATIENCE, "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A person with an account and texts everywhere a text can be.
struct Person {
    id: String,
    signed: Somebody,
    refresh_token: String,
    ticket: String,
}

/// Sends `body` under an idempotency key.
async fn once(desk: &TestDesk, by: &Somebody, path: &str, key: &str, body: Value) -> Answer {
    let request = desk.request(Some(by), Method::POST, path).header("Idempotency-Key", key).json(&body);
    desk.send(request).await
}

async fn sign_in(desk: &TestDesk, username: &str, password: &str) -> Answer {
    let login = json!({ "username": username, "password": password });
    desk.send(desk.request(None, Method::POST, "/api/v1/auth/login").json(&login)).await
}

impl Person {
    /// Somebody who filed a ticket, corrected it, talked about it with `agent`, and judged the outcome.
    async fn at(desk: &TestDesk, admin: &Somebody, agent: &Somebody) -> Self {
        let (name, password) = (format!("{MARK}-name"), format!("{MARK} a password"));
        let new = json!({
            "username": name, "email": format!("{MARK}-mail@example.com"), "role": "user", "password": password,
        });
        let user = once(desk, admin, "/api/v1/users", "new-user", new).await.expect(201).body;
        let pair = sign_in(desk, &name, &password).await.expect(200).body;
        let id = user["id"].as_str().expect("an id").to_owned();
        let signed = Somebody {
            id: domain::id::UserId(id.parse().expect("an id")),
            role: domain::access::Role::User,
            token: pair["access_token"].as_str().expect("a token").to_owned(),
        };
        let filed = json!({
            "title": format!("{MARK} title"), "description": format!("{MARK} description"), "department": "IT",
        });
        let filed = once(desk, &signed, "/api/v1/tickets", "file", filed).await.expect(201).body;
        let ticket = filed["ticket_id"].as_str().expect("an id").to_owned();
        let path = |rest: &str| format!("/api/v1/tickets/{ticket}{rest}");
        let edited =
            json!({ "title": format!("{MARK} corrected"), "description": format!("{MARK} in full") });
        let _ =
            desk.send(desk.request(Some(&signed), Method::PATCH, &path("")).json(&edited)).await.expect(200);
        for (by, text, is_internal) in [
            (&signed, "question", false),
            (agent, "answer", false),
            (agent, "note", true),
            (&signed, "thanks", false),
        ] {
            let said = json!({ "content": format!("{MARK} {text}"), "is_internal": is_internal });
            let _ = once(desk, by, &path("/messages"), text, said).await.expect(201);
        }
        let resolved = json!({ "resolution": format!("{MARK} resolution") });
        let _ = once(desk, agent, &path("/resolve"), "resolve", resolved).await.expect(200);
        let judged = json!({ "rating": 5, "comment": format!("{MARK} comment") });
        let _ = once(desk, &signed, &path("/feedback"), "judge", judged).await.expect(200);
        let refresh_token = pair["refresh_token"].as_str().expect("a token").to_owned();
        Self { id, signed, refresh_token, ticket }
    }
}
