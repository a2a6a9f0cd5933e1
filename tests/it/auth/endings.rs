//! How a sign-in ends: by its owner, by an administrator.

use std::time::Duration;

use application::Request;
use chrono::Utc;
use domain::access::Role;
use domain::id::UserId;
use domain::user::UserCommand;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{desk_with_ada, holder, refresh, sign_in, status_of};

/// How long a session counts as good without another look.
const A_SECOND: Duration = Duration::from_secs(1);

async fn command(desk: &TestDesk, user: UserId, command: UserCommand) {
    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    desk.desk.commands.user(&request, user, command).await.expect("accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_the_sign_in_at_once_and_no_other() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let other = sign_in(&desk).await.expect(200);
    let first = sign_in(&desk).await.expect(200);
    let second = refresh(&desk, &first).await.expect(200);
    for pair in [&first, &second] {
        assert_eq!(status_of(&desk, pair).await, 200);
    }
    let out = desk.post(&holder(&second), "/api/v1/auth/logout", json!({})).await.expect(200);
    assert_eq!(out.body, json!({ "message": "Logout successful" }));
    for pair in [&first, &second] {
        assert_eq!(status_of(&desk, pair).await, 401);
        assert_eq!(refresh(&desk, pair).await.expect(401).code(), "AUTH_INVALID");
    }
    let again = desk.post(&holder(&second), "/api/v1/auth/logout", json!({})).await.expect(401);
    assert_eq!(again.code(), "AUTH_INVALID");
    assert_eq!(status_of(&desk, &other).await, 200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_deactivated_is_refused_within_a_second() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let pair = sign_in(&desk).await.expect(200);
    assert_eq!(status_of(&desk, &pair).await, 200, "and trusted for a moment from now on");
    command(&desk, ada, UserCommand::Deactivate).await;
    tokio::time::sleep(A_SECOND).await;
    let refused = desk.get(&holder(&pair), "/api/v1/auth/me").await.expect(401);
    assert_eq!(refused.code(), "AUTH_INVALID");
    let _ = refresh(&desk, &pair).await.expect(401);
    let _ = sign_in(&desk).await.expect(401);
    command(&desk, ada, UserCommand::Activate).await;
    let _ = sign_in(&desk).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_counts_as_it_is_now_and_not_as_the_token_says() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let change = |role| UserCommand::ChangeRole { role, departments: vec![] };
    command(&desk, ada, change(Role::Admin)).await;
    let admin = holder(&sign_in(&desk).await.expect(200));
    let _ = desk.get(&admin, "/api/v1/users").await.expect(200);
    command(&desk, ada, change(Role::User)).await;
    tokio::time::sleep(A_SECOND).await;
    assert_eq!(desk.get(&admin, "/api/v1/users").await.expect(403).code(), "AUTHZ_FORBIDDEN");
    desk.close().await;
}
