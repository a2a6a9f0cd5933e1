//! An administrator gives somebody back the failed attempts that keep them out.

use reqwest::Method;
use serde_json::json;
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

use super::{USERS, of};

const WRONG: &str = "incorrect horse battery";

async fn sign_in(desk: &TestDesk, name: &str, password: &str) -> Answer {
    let body = json!({ "username": name, "password": password });
    desk.send(desk.request(None, Method::POST, "/api/v1/auth/login").json(&body)).await
}

async fn account(desk: &TestDesk, admin: &Somebody, name: &str) -> Somebody {
    let email = format!("{name}@example.com");
    let body = json!({ "username": name, "email": email, "role": "user", "password": PASSWORD });
    let id = desk.post(admin, USERS, body).await.expect(201).body["id"].clone();
    let id = id.as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: domain::id::UserId(id), ..admin.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_unlocked_comes_in_at_every_node_under_both_names_and_nobody_else_does() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let admin = desk.admin().await;
    let ada = account(&desk, &admin, "ada").await;
    let _ivan = account(&desk, &admin, "ivan").await;
    for name in ["ada", "ada@example.com", "ivan"] {
        for _ in 0..5 {
            let _ = sign_in(&desk, name, WRONG).await.expect(401);
        }
        let _ = sign_in(&other, name, PASSWORD).await.expect(429);
    }
    let unlocked = desk.post(&admin, &of(&ada, "/unlock"), json!({})).await.expect(200);
    assert_eq!((&unlocked.body["username"], unlocked.header("etag")), (&"ada".into(), "\"v1\""));
    let _ = sign_in(&other, "ada@example.com", PASSWORD).await.expect(200);
    let _ = sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let _ = sign_in(&desk, "ivan", PASSWORD).await.expect(429);

    let forgiven = "/api/v1/admin/audit?action=AttemptsForgiven";
    super::until("it is recorded", async || {
        desk.get(&admin, forgiven).await.expect(200).body["total_count"] == 1
    })
    .await;
    let said = desk.get(&admin, forgiven).await.expect(200).body.to_string();
    assert!(said.contains(&ada.id.to_string()) && said.contains(&admin.id.to_string()), "{said}");
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_unlock_and_only_who_has_an_account() {
    let desk = TestDesk::open().await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let head = desk.decided().await;
    let _ = desk.post(&ivan, &of(&ivan, "/unlock"), json!({})).await.expect(403);
    let nobody = format!("{USERS}/{}/unlock", uuid::Uuid::now_v7());
    let _ = desk.post(&admin, &nobody, json!({})).await.expect(404);
    assert_eq!(desk.decided().await, head);
    desk.close().await;
}
