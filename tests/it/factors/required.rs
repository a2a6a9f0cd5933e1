//! Roles that need a second factor: whoever has none can set one up, and nothing else.

use std::time::{Duration, Instant};

use domain::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{guarded, person, post, sign_in, told};

const SETTINGS: &str = "/api/v1/admin/settings";
const REFUSED: (u16, &str, &str) = (403, "TWO_FACTOR_REQUIRED", "");
/// What somebody without the second factor that they need may do.
const OPEN: [&str; 5] = ["logout", "me", "show_two_factor", "set_up_two_factor", "enable_two_factor"];

async fn require(desk: &TestDesk, by: &Somebody, roles: &[&str]) -> Answer {
    let body = json!({ "two_factor_required_for": roles });
    desk.send(desk.request(Some(by), Method::PATCH, SETTINGS).json(&body)).await
}

/// What `who` is answered where everybody signed in reads something.
async fn reads(desk: &TestDesk, who: &Somebody) -> u16 {
    desk.get(who, "/api/v1/tickets").await.status.as_u16()
}

/// Waits until `who` is answered with `status`; how long that took.
async fn until(desk: &TestDesk, who: &Somebody, status: u16) -> Duration {
    let started = Instant::now();
    while reads(desk, who).await != status {
        assert!(started.elapsed() < Duration::from_secs(10), "never {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_it_every_operation_is_refused_but_setting_it_up_and_leaving() {
    let desk = TestDesk::open().await;
    let ivan = person(&desk, Role::ItAgent).await;
    let _ = require(&desk, &desk.admin().await, &["it_agent"]).await.expect(200);
    let document = desk.send(desk.request(None, Method::GET, "/openapi.json")).await.expect(200).body;
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let ways = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            let id = operation["operationId"].as_str().unwrap_or_default();
            let takes_people = ways.iter().any(|way| way.get("bearerAuth").is_some());
            // What is measured, and what predecessors' programs call, is for whoever is on this machine, signed in or not.
            let is_for_neighbours = !path.starts_with("/api/v1/") || path.starts_with("/api/v1/internal/");
            if !takes_people || is_for_neighbours || OPEN.contains(&id) {
                continue;
            }
            let method: Method = method.to_uppercase().parse().expect("a method");
            let path: String = path
                .split('{')
                .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
                .collect::<Vec<_>>()
                .join("019b76da-a800-7000-8000-0000000000ff");
            for key in [false, true] {
                let request = desk.request(Some(&ivan.signed), method.clone(), &path).json(&json!({}));
                let request =
                    if key { request.header("idempotency-key", format!("{id}-1")) } else { request };
                assert_eq!(told(&desk.send(request).await), REFUSED, "{id}");
            }
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked} operations were asked");
    let _ = desk.get(&ivan.signed, "/api/v1/auth/me").await.expect(200);
    let _ = desk.post(&ivan.signed, "/api/v1/auth/logout", json!({})).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_says_so_and_setting_it_up_opens_the_desk_on_every_node() {
    let one = TestDesk::open().await;
    let other = one.another_node().await;
    let admin = one.admin().await;
    let mut ada = person(&one, Role::User).await;
    assert_eq!(ada.pair.body["must_set_up_two_factor"], false);
    assert_eq!((reads(&one, &ada.signed).await, reads(&other, &ada.signed).await), (200, 200));
    let _ = require(&one, &admin, &["user"]).await.expect(200);
    assert_eq!(reads(&one, &ada.signed).await, 403, "at once where it was set");
    let took = until(&other, &ada.signed, 403).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    let pair = sign_in(&other, &ada.name, None).await.expect(200);
    assert_eq!(pair.body["must_set_up_two_factor"], true);
    let refresh = json!({ "refresh_token": pair.body["refresh_token"] });
    let renewed = post(&other, "/api/v1/auth/refresh", &refresh).await.expect(200);
    assert_eq!(renewed.body["must_set_up_two_factor"], true, "renewing opens nothing");
    let shown = desk_shows(&one, &ada.signed).await;
    assert_eq!((&shown["is_required"], &shown["is_enabled"]), (&json!(true), &json!(false)));
    assert_eq!((reads(&one, &admin).await, reads(&other, &admin).await), (200, 200), "another role");

    ada.enable(&one).await;
    assert_eq!(reads(&one, &ada.signed).await, 200, "at once where it was enabled");
    let took = until(&other, &ada.signed, 200).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    let code = ada.fresh_code(&one).await;
    let pair = sign_in(&other, &ada.name, Some(&code)).await.expect(200);
    assert_eq!(pair.body["must_set_up_two_factor"], false);
    other.close().await;
    one.close().await;
}

async fn desk_shows(desk: &TestDesk, who: &Somebody) -> Value {
    desk.get(who, "/api/v1/auth/2fa").await.expect(200).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_administrator_who_requires_it_of_themselves_can_still_set_it_up() {
    let desk = TestDesk::open().await;
    let mut root = person(&desk, Role::Admin).await;
    let _ = require(&desk, &root.signed, &["admin"]).await.expect(200);
    assert_eq!(told(&desk.get(&root.signed, SETTINGS).await), REFUSED);
    let again = require(&desk, &root.signed, &[]).await;
    assert_eq!(told(&again), REFUSED, "nor can they take it back");
    root.signed = super::holder(&sign_in(&desk, &root.name, None).await.expect(200), Role::Admin);
    root.enable(&desk).await;
    let _ = desk.get(&root.signed, SETTINGS).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_asks_for_another_one_where_the_role_needs_it() {
    let desk = TestDesk::open().await;
    let (mut ada, admin) = (guarded(&desk, Role::User).await, desk.admin().await);
    let _ = require(&desk, &admin, &["user"]).await.expect(200);
    assert_eq!(reads(&desk, &ada.signed).await, 200);
    let _ =
        desk.post(&admin, &format!("/api/v1/users/{}/reset-2fa", ada.signed.id), json!({})).await.expect(200);
    assert_eq!(reads(&desk, &ada.signed).await, 401);
    ada.signed = super::holder(&sign_in(&desk, &ada.name, None).await.expect(200), Role::User);
    assert_eq!(reads(&desk, &ada.signed).await, 403);
    ada.enable(&desk).await;
    assert_eq!(reads(&desk, &ada.signed).await, 200);
    desk.close().await;
}

/// Programs cannot type codes, and whoever issued a token could do so only with what the role needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_tokens_go_on_and_no_new_one_is_issued_without_it() {
    let desk = TestDesk::open().await;
    let ada = person(&desk, Role::User).await;
    let body = json!({ "name": "reads", "scopes": ["tickets:read"] });
    let issued = desk.post(&ada.signed, "/api/v1/auth/tokens", body.clone()).await.expect(201);
    let secret = issued.body["secret"].as_str().expect("a secret").to_owned();
    let program = Somebody { token: secret, ..ada.signed.clone() };
    let _ = require(&desk, &desk.admin().await, &["user"]).await.expect(200);
    assert_eq!((reads(&desk, &program).await, reads(&desk, &ada.signed).await), (200, 403));
    assert_eq!(told(&desk.post(&ada.signed, "/api/v1/auth/tokens", body).await), REFUSED);
    desk.close().await;
}

/// Whoever waits for events is looked at again while they wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_goes_on_for_long_ends_when_it_is_required() {
    let desk = TestDesk::open().await;
    let (root, other) = (guarded(&desk, Role::Admin).await, desk.admin().await);
    let path = format!("/api/v1/events?after={}&types=TicketCreated&wait=6", desk.head().await);
    let waits = desk.get(&other, &path);
    let requires = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        require(&desk, &root.signed, &["admin"]).await.expect(200)
    };
    let (waited, _) = tokio::join!(waits, requires);
    assert_eq!(told(&waited), REFUSED);
    desk.close().await;
}
