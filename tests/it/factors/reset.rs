//! Losing a second factor: an administrator takes it away; erasing takes everything.

use std::time::Duration;

use domain::access::Role;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};

use super::{events_of, guarded, sign_in, status_of, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_takes_a_lost_second_factor_away_and_every_sign_in_ends() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (guarded(&desk, Role::User).await, desk.admin().await);
    let path = format!("/api/v1/users/{}/reset-2fa", ada.signed.id);
    let _ = desk.post(&ada.signed, &path, json!({})).await.expect(403);
    let reset = desk.post(&admin, &path, json!({})).await.expect(200);
    assert_eq!(reset.body["id"], ada.signed.id.to_string());
    assert_eq!(status_of(&desk, &ada.signed).await, 401);
    let pair = sign_in(&desk, &ada.name, None).await.expect(200);
    let gone = sign_in(&desk, &ada.name, Some(&ada.recovery_codes[0])).await.expect(200);
    assert_ne!(
        pair.body["access_token"], gone.body["access_token"],
        "a code nobody asks for is not looked at"
    );
    let again = desk.post(&admin, &path, json!({})).await.expect(200);
    assert_eq!(again.body["version"], reset.body["version"], "asking again changes nothing");
    let events = events_of(&desk, ada.signed.id).await;
    assert_eq!(events.last().map(String::as_str), Some("TwoFactorDisabled"));
    let nobody = "/api/v1/users/019b76da-a800-7000-8000-0000000000ff/reset-2fa";
    let _ = desk.post(&admin, nobody, json!({})).await.expect(404);
    desk.close().await;
}

/// Otherwise a stolen session of theirs could.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_do_not_reset_their_own() {
    let desk = TestDesk::open().await;
    let root = guarded(&desk, Role::Admin).await;
    let path = format!("/api/v1/users/{}/reset-2fa", root.signed.id);
    assert_eq!(told(&desk.post(&root.signed, &path, json!({})).await), (409, "CONFLICT", ""));
    assert_eq!(told(&sign_in(&desk, &root.name, None).await), (401, "AUTH_INVALID", "TOTP_REQUIRED"));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_erased_leaves_no_secret_and_no_code() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let path = format!("/api/v1/users/{}/erase", ada.signed.id);
    let mut body = json!({ "reason": "request_of_person" });
    let preview = desk.post(&ada.signed, &path, body.clone()).await.expect(200);
    body["confirmation_token"] = preview.body["confirmation_token"].clone();
    let _ = desk.post(&ada.signed, &path, body).await.expect(202);
    let gone = async {
        loop {
            let left: i64 = sqlx::query_scalar(
                "select (select count(*) from desk.second_factors where user_id = $1)
                      + (select count(*) from desk.recovery_codes where user_id = $1)",
            )
            .bind(ada.signed.id.0)
            .fetch_one(&mut desk.database.owner().await)
            .await
            .expect("a count");
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the rows go");
    let body = json!({ "username": ada.name, "password": PASSWORD });
    let _ = super::post(&desk, "/api/v1/auth/login", &body).await.expect(401);
    desk.close().await;
}
