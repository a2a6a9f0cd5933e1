//! Saying who one is in a place where nobody should listen; carrying somebody else's sign-in along.

use std::time::Duration;

use application::Request;
use chrono::Utc;
use domain::user::UserCommand;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{Caller, account};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";

fn text<'a>(answer: &'a Answer, field: &str) -> &'a str {
    answer.body[field].as_str().unwrap_or_else(|| panic!("{field}: {}", answer.body))
}

/// The sign-in of whoever shows the access token of `pair`.
async fn session(desk: &TestDesk, pair: &Answer) -> Value {
    let request =
        desk.request(None, Method::GET, "/api/v1/auth/sessions").bearer_auth(text(pair, "access_token"));
    let sessions = desk.send(request).await.expect(200).body["sessions"].clone();
    let mut sessions = sessions.as_array().expect("sessions").iter();
    sessions.find(|session| session["current"] == true).expect("the current one")["id"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_or_an_id_in_a_body_is_refused_or_ignored() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (account(&desk, "ada").await, desk.admin().await);
    let caller = Caller::at("127.0.1.1");
    let honest = caller.sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let smuggled = [
        ("role", json!("admin")),
        ("roles", json!(["admin"])),
        ("id", json!(admin.id)),
        ("user_id", json!(admin.id)),
        ("sub", json!(admin.id)),
        ("is_admin", json!(true)),
        ("session_id", session(&desk, &honest).await),
        ("jti", json!(Uuid::now_v7())),
        ("exp", json!(9_999_999_999_u64)),
    ];
    for (field, value) in smuggled {
        let mut login = json!({ "username": "ada", "password": PASSWORD });
        login[field] = value.clone();
        assert_eq!(caller.post(&desk, LOGIN, &login).await.expect(422).code(), "VALIDATION_ERROR", "{field}");
        let mut refresh = json!({ "refresh_token": honest.body["refresh_token"] });
        refresh[field] = value;
        assert_eq!(
            caller.post(&desk, REFRESH, &refresh).await.expect(422).code(),
            "VALIDATION_ERROR",
            "{field}"
        );
    }
    // OAuth 2 asks to ignore what is not known in a form.
    let form = format!("username=ada&password=correct+horse+battery&role=admin&id={}&scope=admin", admin.id);
    let request = desk.request(None, Method::POST, LOGIN);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let signed_in = desk.send(request).await.expect(200);
    assert_eq!(
        (&signed_in.body["user"]["id"], &signed_in.body["user"]["role"]),
        (&json!(ada), &json!("user"))
    );
    let request =
        desk.request(None, Method::GET, "/api/v1/users").bearer_auth(text(&signed_in, "access_token"));
    let _ = desk.send(request).await.expect(403);
    desk.close().await;
}

/// Whatever tokens and ids somebody was made to carry, their sign-in is a new one and theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_never_goes_on_with_one_that_was_given() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    account(&desk, "mallory").await;
    let planted = Caller::at("127.0.66.6").sign_in(&desk, "mallory", PASSWORD).await.expect(200);
    let planted_id = session(&desk, &planted).await;
    let id = planted_id.as_str().expect("an id");
    let request = desk
        .request(None, Method::POST, &format!("{LOGIN}?session_id={id}"))
        .bearer_auth(text(&planted, "access_token"))
        .header("cookie", format!("session={id}; refresh_token={}", text(&planted, "refresh_token")))
        .header("x-session-id", id)
        .header("x-request-id", id)
        .json(&json!({ "username": "ada", "password": PASSWORD }));
    let victim = desk.send(request).await.expect(200);
    assert_eq!(victim.body["user"]["id"], json!(ada));
    assert!(victim.headers.get("set-cookie").is_none());
    for field in ["access_token", "refresh_token"] {
        assert_ne!(victim.body[field], planted.body[field]);
    }
    assert_ne!(session(&desk, &victim).await, planted_id);
    // What was planted is still Mallory's, and nothing of it leads to Ada.
    let body = json!({ "refresh_token": planted.body["refresh_token"] });
    let renewed = Caller::at("127.0.66.6").post(&desk, REFRESH, &body).await.expect(200);
    assert_eq!(renewed.body["user"]["username"], "mallory");
    assert_eq!(session(&desk, &renewed).await, planted_id);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deactivated_user_s_live_token_is_refused_at_every_node_within_a_second() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let ada = account(&desk, "ada").await;
    let pair = Caller::at("127.0.1.1").sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let me = async |node: &TestDesk| {
        let request = node.request(None, Method::GET, "/api/v1/auth/me");
        node.send(request.bearer_auth(text(&pair, "access_token"))).await.status
    };
    for node in [&desk, &other] {
        assert_eq!(me(node).await, StatusCode::OK, "and trusted for a moment from now on");
    }
    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    desk.desk.commands.user(&request, ada, UserCommand::Deactivate).await.expect("deactivated");
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    for node in [&desk, &other] {
        assert_eq!(me(node).await, StatusCode::UNAUTHORIZED);
        let body = json!({ "refresh_token": pair.body["refresh_token"] });
        let _ = Caller::at("127.0.1.1").post(node, REFRESH, &body).await.expect(401);
    }
    other.close().await;
    desk.close().await;
}
