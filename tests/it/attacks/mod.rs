//! Attacks on the way in, all of which must fail.

mod enumeration;
mod guessing;
mod reuse;
mod smuggling;
mod spraying;
mod tokens;

use std::net::IpAddr;
use std::time::Duration;

use domain::id::UserId;
use reqwest::Client;
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, TestDesk};

/// A password that is nobody's.
const WRONG: &str = "incorrect horse battery";

/// Somebody who comes from an address of their own.
struct Caller(Client);

impl Caller {
    /// From `address`, one of this machine's own (127.0.0.0/8).
    fn at(address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let client = Client::builder().local_address(address).timeout(Duration::from_secs(30));
        Self(client.build().expect("a client"))
    }

    /// What they get for `body` at `path`.
    async fn post(&self, desk: &TestDesk, path: &str, body: &Value) -> Answer {
        desk.send(self.0.post(desk.url(path)).json(body)).await
    }

    /// Tries `password` for the account called `name`.
    async fn sign_in(&self, desk: &TestDesk, name: &str, password: &str) -> Answer {
        let body = json!({ "username": name, "password": password });
        self.post(desk, "/api/v1/auth/login", &body).await
    }
}

/// Gives somebody called `name` an account with the usual password.
async fn account(desk: &TestDesk, name: &str) -> UserId {
    let admin = desk.admin().await;
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "role": "user", "password": PASSWORD,
    });
    let answer = desk.post(&admin, "/api/v1/users", body).await.expect(201);
    UserId(answer.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"))
}

/// How many events of `event_type` the log has.
async fn noted(desk: &TestDesk, event_type: &str) -> i64 {
    sqlx::query_scalar("select count(*) from ledger.events where event_type = $1")
        .bind(event_type)
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count")
}
