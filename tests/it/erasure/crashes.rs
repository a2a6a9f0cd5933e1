//! `kill -9` between the steps of an erasure: whoever starts next finishes it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::process::{free_port, scratch};
use tests::server::Server;

use super::files::superuser;
use super::{MARK, PATIENCE};

/// An administrator at a server in a process of its own.
pub(super) struct Outside {
    base: String,
    client: reqwest::Client,
    token: String,
}

/// Whom the scene is about.
pub(super) struct Somebody {
    pub(super) id: String,
    pub(super) ticket: String,
}

impl Outside {
    pub(super) async fn new(server: &Server) -> Self {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { base: server.base(), client, token: server.sign_in().await }
    }

    async fn ask(
        &self,
        token: &str,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn post(&self, token: &str, path: &str, key: &str, body: Value) -> Value {
        let (status, answer) = self.ask(token, Method::POST, path, Some(key), &body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Both steps; gives the job when they are answered.
    async fn begin(&self, id: &str) -> Value {
        let path = format!("/api/v1/users/{id}/erase");
        let told = self.post(&self.token, &path, "tell", json!({ "reason": "legal" })).await;
        let confirmed = json!({ "reason": "legal", "confirmation_token": told["confirmation_token"] });
        self.post(&self.token, &path, "erase", confirmed).await["job"].clone()
    }

    /// Waits until the erasure is as far as `is_there` says.
    async fn until(&self, id: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let path = format!("/api/v1/users/{id}/erasure");
            let (status, job) = self.ask(&self.token, Method::GET, &path, None, &Value::Null).await;
            if status == 200 && is_there(&job) {
                return job;
            }
            assert!(started.elapsed() < PATIENCE, "{status} {job}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(super) async fn erase(&self, id: &str) -> Value {
        self.begin(id).await;
        self.until(id, |job| job["state"] == "done").await
    }
}

/// Somebody with an account, a sign-in, and a ticket that was corrected, discussed, resolved and judged.
pub(super) async fn set_scene(outside: &Outside) -> Somebody {
    let (admin, password) = (outside.token.as_str(), format!("{MARK} a password"));
    let new = json!({
        "username": format!("{MARK}-name"), "email": format!("{MARK}-mail@example.com"), "role": "user",
        "password": password,
    });
    let user = outside.post(admin, "/api/v1/users", &format!("{MARK}-1"), new).await;
    let login = json!({ "email": format!("{MARK}-mail@example.com"), "password": password });
    let pair = outside.post(admin, "/api/v1/auth/login", "-", login).await;
    let token = pair["access_token"].as_str().expect("a token");
    let filed = json!({
        "title": format!("{MARK} title"), "description": format!("{MARK} description ").repeat(400),
        "department": "IT",
    });
    let ticket = outside.post(token, "/api/v1/tickets", &format!("{MARK}-2"), filed).await;
    let ticket = ticket["ticket_id"].as_str().expect("an id").to_owned();
    let path = |rest: &str| format!("/api/v1/tickets/{ticket}{rest}");
    let edited = json!({ "title": format!("{MARK} corrected"), "description": format!("{MARK} in full") });
    assert_eq!(outside.ask(token, Method::PATCH, &path(""), None, &edited).await.0, 200);
    let said = |text: &str| json!({ "content": format!("{MARK} {text}") });
    outside.post(token, &path("/messages"), &format!("{MARK}-3"), said("question")).await;
    outside.post(admin, &path("/messages"), &format!("{MARK}-4"), said("answer")).await;
    for writer in [token, admin] {
        assert_eq!(outside.ask(writer, Method::PUT, &path("/draft"), None, &said("draft")).await.0, 201);
    }
    let resolved = json!({ "resolution": format!("{MARK} resolution") });
    outside.post(admin, &path("/resolve"), &format!("{MARK}-5"), resolved).await;
    let judged = json!({ "rating": 1, "comment": format!("{MARK} comment") });
    outside.post(token, &path("/feedback"), &format!("{MARK}-6"), judged).await;
    Somebody { id: user["id"].as_str().expect("an id").to_owned(), ticket }
}

/// Holds an erasure at a step by `lock`, kills the server there, and lets another one finish it.
async fn killed_at(name: &str, lock: &'static str, is_there: impl Fn(&Value) -> bool) {
    let data = scratch(name);
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let outside = Outside::new(&server).await;
    let person = set_scene(&outside).await;
    let page = format!("/api/v1/tickets/{}", person.ticket);
    let _ = outside.ask(&outside.token, Method::GET, &page, None, &Value::Null).await;
    let mut holding = superuser(data.path()).await;
    holding.execute("begin").await.expect("begun");
    holding.execute(lock).await.expect("locked");
    outside.begin(&person.id).await;
    let job = outside.until(&person.id, &is_there).await;
    // What is waiting for the lock is in the middle of the step.
    let mut looking = superuser(data.path()).await;
    let started = Instant::now();
    while !sqlx::query_scalar::<_, bool>("select exists (select from pg_locks where not granted)")
        .fetch_one(&mut looking)
        .await
        .expect("readable")
    {
        assert!(started.elapsed() < PATIENCE, "nobody waits for the lock: {job}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill_and_restart();
    assert!(is_there(&outside_state(&mut looking, &person.id).await), "killed at the step");
    holding.execute("rollback").await.expect("released");
    drop((holding, looking));
    server.ready().await;
    let done = outside.until(&person.id, |job| job["state"] == "done").await;
    assert_eq!(done["remains"], json!([]), "{done}");
    let (_, shown) = outside.ask(&outside.token, Method::GET, &page, None, &Value::Null).await;
    assert_eq!(shown["title"], "[erased]", "{shown}");
    server.stop();
}

/// How far the database has it.
async fn outside_state(connection: &mut sqlx::PgConnection, id: &str) -> Value {
    let known: Option<(bool, bool, bool)> = sqlx::query_as(
        "select key_destroyed_at is not null, masked_at is not null, done_at is not null from desk.erasures
          where user_id = $1::text::uuid",
    )
    .bind(id)
    .fetch_optional(connection)
    .await
    .expect("readable");
    let state = match known {
        Some((_, _, true)) => "done",
        Some((_, true, _)) => "purging",
        Some((true, ..)) => "key_destroyed",
        _ => "accepted",
    };
    json!({ "state": state })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_behind_the_event_and_before_the_key_is_destroyed() {
    let lock = "lock table desk.erasures in share mode";
    killed_at("erase-key", lock, |job| job["state"] == "accepted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_behind_the_key_and_before_anything_is_masked() {
    let lock = "select from read.checkpoints for update";
    killed_at("erase-mask", lock, |job| job["state"] == "key_destroyed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_read_models_are_built_anew() {
    let lock = "lock table read.ticket_list in access share mode";
    killed_at("erase-build", lock, |job| job["state"] == "purging").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_tables_are_rewritten() {
    let lock = "lock table desk.subject_keys in access share mode";
    killed_at("erase-rewrite", lock, |job| job["state"] == "purging").await;
}
