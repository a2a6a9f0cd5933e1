//! The second factor: setting it up, signing in with it, losing it.

mod recorded;
mod recovery;
mod required;
mod reset;
mod setup;
mod sign_in;

use chrono::Utc;
use domain::access::Role;
use domain::id::UserId;
use infrastructure::two_factor::TotpSecret;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

/// Somebody with a password, and perhaps a second factor.
struct Person {
    name: String,
    signed: Somebody,
    /// The answer that signed them in.
    pair: Answer,
    app: Option<TotpSecret>,
    recovery_codes: Vec<String>,
}

/// Somebody new of `role` with a password, signed in with it.
async fn person(desk: &TestDesk, role: Role) -> Person {
    let admin = desk.admin().await;
    let name = format!("p{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let email = format!("{name}@example.com");
    let body = json!({ "username": name, "email": email, "role": role, "password": PASSWORD });
    let _ = desk.post(&admin, "/api/v1/users", body).await.expect(201);
    let pair = sign_in(desk, &name, None).await.expect(200);
    Person { signed: holder(&pair, role), name, pair, app: None, recovery_codes: Vec::new() }
}

/// The same with a second factor.
async fn guarded(desk: &TestDesk, role: Role) -> Person {
    let mut person = person(desk, role).await;
    person.enable(desk).await;
    person
}

impl Person {
    /// Sets a second factor up, and enables it.
    async fn enable(&mut self, desk: &TestDesk) {
        let secret = desk.post(&self.signed, "/api/v1/auth/2fa/setup", json!({ "password": PASSWORD })).await;
        let secret = secret.expect(200).body["secret"].as_str().expect("a secret").to_owned();
        let app = TotpSecret::parse(&secret).expect("a secret");
        let code = json!({ "code": app.code_at(Utc::now().timestamp()) });
        let enabled = desk.post(&self.signed, "/api/v1/auth/2fa/enable", code).await.expect(200);
        self.recovery_codes =
            serde_json::from_value(enabled.body["recovery_codes"].clone()).expect("recovery codes");
        self.app = Some(app);
    }

    /// The code that the app shows now, good as if the last one had been used minutes ago.
    async fn fresh_code(&self, desk: &TestDesk) -> String {
        let forget = sqlx::query("update desk.second_factors set last_step = null where user_id = $1");
        forget.bind(self.signed.id.0).execute(&mut desk.database.owner().await).await.expect("forgotten");
        self.code_in(0)
    }

    /// The code that the app shows in so many seconds.
    fn code_in(&self, seconds: i64) -> String {
        self.app.as_ref().expect("an app").code_at(Utc::now().timestamp() + seconds)
    }
}

/// Signs `name` in with the right password, and a code.
async fn sign_in(desk: &TestDesk, name: &str, code: Option<&str>) -> Answer {
    let mut body = json!({ "username": name, "password": PASSWORD });
    if let Some(code) = code {
        body["totp"] = code.into();
    }
    post(desk, "/api/v1/auth/login", &body).await
}

/// What anybody gets for `body` at `path`.
async fn post(desk: &TestDesk, path: &str, body: &Value) -> Answer {
    desk.send(desk.request(None, Method::POST, path).json(body)).await
}

/// Whoever holds the pair of tokens.
fn holder(pair: &Answer, role: Role) -> Somebody {
    let token = pair.body["access_token"].as_str().expect("an access token").to_owned();
    let id = pair.body["user"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: UserId(id), role, token }
}

/// The status that `who` is answered with.
async fn status_of(desk: &TestDesk, who: &Somebody) -> u16 {
    desk.get(who, "/api/v1/auth/me").await.status.as_u16()
}

/// What a program is told of what is wrong: status, code, and the code in the details.
fn told(answer: &Answer) -> (u16, &str, &str) {
    let detail = answer.body["error"]["details"]["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), answer.code(), detail)
}

/// The types of the events of somebody's account, oldest first.
async fn events_of(desk: &TestDesk, user: UserId) -> Vec<String> {
    sqlx::query_scalar("select event_type from ledger.events where stream_id = $1 order by version")
        .bind(user.0)
        .fetch_all(&mut desk.database.owner().await)
        .await
        .expect("the events")
}
