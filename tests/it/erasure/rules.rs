//! Who may be erased by whom, and what the two steps insist on.

use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};
use uuid::Uuid;

use super::{done, erase};

fn path(somebody: &Somebody) -> String {
    format!("/api/v1/users/{}/erase", somebody.id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_step_tells_and_destroys_nothing() {
    let desk = TestDesk::open().await;
    let (admin, ada, ivan) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    for _ in 0..2 {
        desk.ticket(&ada, Some("IT")).await;
    }
    let ticket = desk.ticket(&ada, Some("IT")).await["ticket_id"].as_str().expect("an id").to_owned();
    for rest in ["/messages", "/resolve"] {
        let body = if rest == "/messages" { json!({ "content": "Done." }) } else { json!({}) };
        let answer = desk.post(&ivan, &format!("/api/v1/tickets/{ticket}{rest}"), body).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    let head = desk.head().await;
    for by in [&admin, &ada] {
        let told = desk.post(by, &path(&ada), json!({ "reason": "legal" })).await.expect(200).body;
        let expected = json!({ "tickets": 3, "open_tickets": 2, "messages": 1, "assigned_tickets": 0 });
        assert_eq!(told["will_be_destroyed"], expected);
    }
    assert_eq!(desk.head().await, head);
    let unknown = format!("/api/v1/users/{}/erasure", ada.id);
    let _ = desk.get(&admin, &unknown).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_is_checked_in_every_way() {
    let desk = TestDesk::open().await;
    let (admin, ada, eve) = (desk.admin().await, desk.user().await, desk.user().await);
    let other_admin = desk.admin().await;
    let token = |by: &Somebody, about: &Somebody, ago: i64| {
        let at = Utc::now() - TimeDelta::minutes(ago);
        desk.desk.tokens.confirmation(by.id, about.id, at, std::time::Duration::from_mins(10))
    };
    let good = token(&admin, &ada, 0);
    let head = desk.head().await;
    for (name, bad) in [
        ("expired", token(&admin, &ada, 11)),
        ("given to somebody else", token(&other_admin, &ada, 0)),
        ("about somebody else", token(&admin, &eve, 0)),
        ("an access token", admin.token.clone()),
        ("altered", format!("{}x", &good[..good.len() - 1])),
        ("empty", String::new()),
        ("endless", "x".repeat(10_000)),
    ] {
        let body = json!({ "reason": "legal", "confirmation_token": bad });
        let answer = desk.post(&admin, &path(&ada), body).await.expect(422);
        let error = &answer.body["error"];
        assert_eq!(error["details"]["errors"][0]["field"], "confirmation_token", "{name}: {error}");
    }
    for body in [
        json!({}),
        json!({ "reason": "because Ada Lovelace asked" }),
        json!({ "reason": "" }),
        json!({ "reason": "legal", "confirmation_token": 7 }),
        json!({ "reason": "legal", "really": true }),
    ] {
        let _ = desk.post(&admin, &path(&ada), body).await.expect(422);
    }
    for nobody in [Uuid::now_v7().to_string(), "somebody".to_owned()] {
        let path = format!("/api/v1/users/{nobody}/erase");
        let _ = desk.post(&admin, &path, json!({ "reason": "legal" })).await.expect(404);
        let _ = desk.get(&admin, &format!("/api/v1/users/{nobody}/erasure")).await.expect(404);
        let _ = desk.get(&admin, &format!("/api/v1/users/{nobody}/export")).await.expect(404);
    }
    assert_eq!(desk.head().await, head, "nobody was erased");
    let _ = desk
        .post(&admin, &path(&ada), json!({ "reason": "legal", "confirmation_token": good }))
        .await
        .expect(202);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_again_answers_how_far_it_has_come() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let id = ada.id.to_string();
    let first = erase(&desk, &admin, &id).await;
    assert_eq!(first.header("location"), format!("/api/v1/users/{id}/erasure"));
    let head = desk.head().await;
    let job = done(&desk, &admin, &id).await;
    for body in [json!({ "reason": "legal" }), json!({ "reason": "legal", "confirmation_token": "anything" })]
    {
        let again = desk.post(&admin, &path(&ada), body).await.expect(202).body;
        assert_eq!(again["job"], job);
    }
    assert_eq!(desk.head().await, head);
    for when in ["erased_at", "key_destroyed_at", "masked_at", "done_at"] {
        assert!(job[when].is_string(), "{when}: {job}");
    }
    assert_eq!(job["reason"], "request_of_person");
    let _ = desk.get(&admin, &format!("/api/v1/users/{id}/export")).await.expect(410);
    desk.close().await;
}

/// Where the role may not purge the write-ahead log, the erasure says so and is complete all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_role_may_not_purge_is_said() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    erase(&desk, &admin, &ada.id.to_string()).await;
    let job = done(&desk, &admin, &ada.id.to_string()).await;
    let remains = job["remains"].as_array().expect("a list");
    assert!(
        remains.len() == 1 && remains[0].as_str().is_some_and(|why| why.starts_with("wal: not purged: "))
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_administrator_always_stays() {
    let desk = TestDesk::open().await;
    let (first, second) = (desk.admin().await, desk.admin().await);
    // Both confirm at once, each about the other.
    let pairs = [(&first, &second), (&second, &first)];
    let confirming = pairs.map(|(by, about)| {
        let token =
            desk.desk.tokens.confirmation(by.id, about.id, Utc::now(), std::time::Duration::from_mins(10));
        let path = path(about);
        let desk = &desk;
        async move { desk.post(by, &path, json!({ "reason": "legal", "confirmation_token": token })).await }
    });
    let answers = join_all(confirming).await;
    let accepted = answers.iter().filter(|answer| answer.status.as_u16() == 202).count();
    assert_eq!(accepted, 1, "{:?}", answers.iter().map(|answer| &answer.body).collect::<Vec<_>>());
    let survivor = if answers[0].status.as_u16() == 202 { &first } else { &second };
    let refused = desk.post(survivor, &path(survivor), json!({ "reason": "legal" })).await.expect(409);
    assert_eq!(refused.code(), "LAST_ADMIN");
    desk.close().await;
}
