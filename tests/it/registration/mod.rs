//! Registration, e-mail codes, and passwords that are forgotten or changed.

mod accounts;
mod codes;
mod forgotten;
mod passwords;
mod silence;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

/// What anybody who is not signed in gets for `body` at `path` below `/api/v1/auth`.
async fn anybody(desk: &TestDesk, path: &str, body: &Value) -> Answer {
    desk.send(desk.request(None, Method::POST, &format!("/api/v1/auth/{path}")).json(body)).await
}

/// Asks for a code for `email` and reads it from the mail, which is the `nth` to that address.
async fn code_for(desk: &TestDesk, email: &str, nth: usize) -> String {
    let _ = anybody(desk, "request-otp", &json!({ "email": email })).await.expect(202);
    desk.mails_to(email, nth).await[nth - 1].code().to_owned()
}

/// A token that proves `email`.
async fn proven(desk: &TestDesk, email: &str) -> String {
    let otp = code_for(desk, email, 1).await;
    let verified = anybody(desk, "verify-otp", &json!({ "email": email, "otp": otp })).await.expect(200);
    verified.body["verification_token"].as_str().expect("a token").to_owned()
}

/// Makes whatever was sent to anybody `seconds` older.
async fn age(desk: &TestDesk, seconds: i32) {
    for statement in [
        "update desk.mail_codes set created_at = created_at - make_interval(secs => $1)",
        "update desk.password_resets set created_at = created_at - make_interval(secs => $1)",
    ] {
        sqlx::query(statement).bind(f64::from(seconds)).execute(desk.desk.pool()).await.expect("aged");
    }
}

/// What the setting `registration` is from now on.
async fn set_registration(desk: &TestDesk, mode: &str) {
    let admin = desk.admin().await;
    let body = json!({ "registration": mode });
    let request = desk.request(Some(&admin), Method::PATCH, "/api/v1/admin/settings").json(&body);
    let _ = desk.send(request).await.expect(200);
}

/// An account `username` with a password, made by an administrator; signed in.
async fn account(desk: &TestDesk, username: &str) -> Somebody {
    let admin = desk.admin().await;
    let email = format!("{username}@example.com");
    let body = json!({ "username": username, "email": email, "role": "user", "password": PASSWORD });
    let created = desk.post(&admin, "/api/v1/users", body).await.expect(201);
    let id = created.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let token = signed_in(desk, username, PASSWORD).await.expect("a sign-in");
    Somebody { id: domain::id::UserId(id), role: domain::access::Role::User, token }
}

/// A token of `username`; none if the password is refused.
async fn signed_in(desk: &TestDesk, username: &str, password: &str) -> Option<String> {
    let login = anybody(desk, "login", &json!({ "username": username, "password": password })).await;
    login.body["access_token"].as_str().map(str::to_owned)
}

/// Whether `who` is signed in still.
async fn is_signed_in(desk: &TestDesk, who: &Somebody) -> bool {
    desk.get(who, "/api/v1/auth/me").await.status.is_success()
}
