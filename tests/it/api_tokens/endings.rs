//! When a token is not good any more.

use std::time::Duration;

use application::Request;
use chrono::{TimeDelta, Utc};
use domain::access::Role;
use domain::user::UserCommand;
use domain::user::values::ErasureReason;
use reqwest::Method;
use serde_json::json;
use sqlx::query_scalar;
use tests::desk::{Somebody, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{ME, TOKENS, holder, token, until};

/// What the desk promises: a second; what a test on a busy machine may take beside it.
const A_SECOND: Duration = Duration::from_millis(1_900);

async fn command(desk: &TestDesk, who: &Somebody, command: UserCommand) {
    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    desk.desk.commands.user(&request, who.id, command).await.expect("accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_taken_back_is_refused_by_every_node_within_a_second() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let ada = desk.user().await;
    let (program, id) = token(&desk, &ada, &["tickets:read"]).await;
    for node in [&desk, &other] {
        let _ = node.get(&program, ME).await.expect(200);
    }
    let revoke = desk.request(Some(&ada), Method::DELETE, &format!("{TOKENS}/{id}"));
    let _ = desk.send(revoke).await.expect(204);
    let _ = desk.get(&program, ME).await.expect(401);
    let took = until(&other, &program, 401).await;
    assert!(took < A_SECOND, "{took:?}");
    let refused = other.get(&program, "/api/v1/tickets").await.expect(401);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    let _database = other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_sign_in_any_more_has_no_good_token() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let ada = desk.user().await;
    let (program, _) = token(&desk, &ada, &["tickets:read"]).await;
    let _ = other.get(&program, ME).await.expect(200);
    command(&desk, &ada, UserCommand::Deactivate).await;
    let took = until(&other, &program, 401).await;
    assert!(took < A_SECOND, "{took:?}");
    command(&desk, &ada, UserCommand::Activate).await;
    until(&desk, &ada, 200).await;
    let _ = desk.get(&program, ME).await.expect(401);
    assert_eq!(desk.get(&ada, TOKENS).await.expect(200).body["total_count"], 0);
    let _database = other.close().await;
    desk.close().await;
}

#[tokio::test]
async fn a_token_ends_when_it_was_said_to() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ends = Utc::now() + TimeDelta::milliseconds(1_500);
    let body = json!({ "name": "short", "scopes": ["tickets:read"], "expires_at": ends });
    let (program, _) = holder(&ada, &desk.post(&ada, TOKENS, body).await.expect(201));
    let _ = desk.get(&program, ME).await.expect(200);
    until(&desk, &program, 401).await;
    assert!(Utc::now() >= ends && Utc::now() < ends + TimeDelta::seconds(2));
    desk.close().await;
}

#[tokio::test]
async fn erasing_a_person_leaves_nothing_of_their_tokens() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let (program, _) = token(&desk, &ada, &["tickets:read"]).await;
    let _ = desk.get(&program, ME).await.expect(200);
    command(&desk, &ada, UserCommand::Erase { reason: ErasureReason::RequestOfPerson, another_admin: true })
        .await;
    until(&desk, &program, 401).await;
    let began = std::time::Instant::now();
    loop {
        let rows: i64 = query_scalar("select count(*) from desk.api_tokens")
            .fetch_one(&mut desk.database.owner().await)
            .await
            .expect("a count");
        if rows == 0 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the row stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.close().await;
}

#[tokio::test]
async fn whoever_is_no_administrator_any_more_keeps_none_of_their_scopes() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let (program, _) = token(&desk, &admin, &["tickets:read", "events:read"]).await;
    let _ = desk.get(&program, "/api/v1/events").await.expect(200);
    command(&desk, &admin, UserCommand::ChangeRole { role: Role::User, departments: vec![] }).await;
    let began = std::time::Instant::now();
    while desk.get(&program, "/api/v1/events").await.status.as_u16() != 403 {
        assert!(began.elapsed() < A_SECOND, "still an administrator's");
    }
    let _ = desk.get(&program, "/api/v1/tickets").await.expect(200);
    desk.close().await;
}
