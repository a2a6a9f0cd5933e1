//! Signing in and out over HTTP.

mod endings;
mod login;
mod refresh;
mod sessions;

use domain::access::Role;
use domain::id::UserId;
use reqwest::{Method, header};
use serde_json::{Value, json};
use sqlx::query_scalar;
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};
use uuid::Uuid;

/// The name of the one who signs in.
const NAME: &str = "ada";
const EMAIL: &str = "ada@example.com";

/// A desk on which an administrator gave Ada an account.
async fn desk_with_ada(password: Option<&str>) -> (TestDesk, UserId) {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let mut body = json!({ "username": NAME, "email": EMAIL, "role": "user" });
    if let Some(password) = password {
        body["password"] = password.into();
    }
    let ada = desk.post(&admin, "/api/v1/users", body).await.expect(201);
    let id = ada.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    (desk, UserId(id))
}

/// What anybody gets for `body` at `path`.
async fn post(desk: &TestDesk, path: &str, body: &Value) -> Answer {
    desk.send(desk.request(None, Method::POST, path).json(body)).await
}

/// What anybody gets for the form `body` at `path`.
async fn post_form(desk: &TestDesk, path: &str, body: &str) -> Answer {
    let request = desk.request(None, Method::POST, path);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    desk.send(request.body(body.to_owned())).await
}

/// Signs Ada in with the password she should have.
async fn sign_in(desk: &TestDesk) -> Answer {
    post(desk, "/api/v1/auth/login", &json!({ "username": NAME, "password": PASSWORD })).await
}

/// What `pair` refreshes to.
async fn refresh(desk: &TestDesk, pair: &Answer) -> Answer {
    let body = json!({ "refresh_token": pair.body["refresh_token"] });
    post(desk, "/api/v1/auth/refresh", &body).await
}

/// Whoever holds the pair of tokens.
fn holder(pair: &Answer) -> Somebody {
    let token = pair.body["access_token"].as_str().expect("an access token").to_owned();
    let id = pair.body["user"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: UserId(id), role: Role::User, token }
}

/// The status that the access token of `pair` is answered with.
async fn status_of(desk: &TestDesk, pair: &Answer) -> u16 {
    desk.get(&holder(pair), "/api/v1/auth/me").await.status.as_u16()
}

/// The hash stored for `user`.
async fn stored_hash(desk: &TestDesk, user: Uuid) -> Option<String> {
    let hash = query_scalar("select password_hash from desk.credentials where user_id = $1").bind(user);
    hash.fetch_optional(&mut desk.database.owner().await).await.expect("an answer")
}

/// An error's body without what differs from request to request.
fn said(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    for field in ["timestamp", "request_id"] {
        assert!(body["error"][field].is_string(), "{field}: {body}");
        body["error"][field] = Value::Null;
    }
    body
}
