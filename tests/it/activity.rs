//! The record of what people did: sign-ins, refusals, exports, changes of accounts, and who looked at it.

use std::time::Duration;

use application::Request;
use chrono::Utc;
use domain::access::Role;
use domain::user::values::ErasureReason;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::desk::{PASSWORD, Somebody, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

const AUDIT: &str = "/api/v1/admin/audit";

/// A requester with a password, signed in with a device of their own.
async fn signed_in(desk: &TestDesk, admin: &Somebody, name: &str) -> Somebody {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "role": "user", "password": PASSWORD,
    });
    let created = desk.post(admin, "/api/v1/users", body).await.expect(201);
    let pair = sign_in(desk, name, PASSWORD).await;
    let token = pair["access_token"].as_str().expect("a token").to_owned();
    let id = created.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    Somebody { id: domain::id::UserId(id), role: Role::User, token }
}

async fn sign_in(desk: &TestDesk, name: &str, password: &str) -> Value {
    let request = Client::new().post(desk.url("/api/v1/auth/login")).header("user-agent", "Lynx/2.9");
    desk.send(request.json(&json!({ "username": name, "password": password }))).await.body
}

/// What `who` reads at `path`, once the read models show what happened until now.
async fn acts(desk: &TestDesk, who: &Somebody, path: &str) -> Vec<Value> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{mark}limit=100&min_position={}", desk.head().await);
    desk.get(who, &path).await.expect(200).body["activity"].as_array().expect("acts").clone()
}

fn actions(acts: &[Value]) -> Vec<&str> {
    acts.iter().map(|act| act["action"].as_str().expect("an action")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_s_activity_tells_how_they_came_and_went() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let ada = signed_in(&desk, &admin, "ada").await;
    sign_in(&desk, "ada", "incorrect horse battery").await;
    let _ = desk.get(&ada, "/api/v1/users").await.expect(403);
    let _ = desk.get(&ada, &format!("/api/v1/users/{}/export", ada.id)).await.expect(200);
    let _ = desk.post(&ada, "/api/v1/auth/logout", json!({})).await.expect(200);
    let path = format!("/api/v1/users/{}/activity", ada.id);
    let mut seen = acts(&desk, &admin, &path).await;
    // Looking is recorded before the answer is made, so it may or may not be in it.
    seen.retain(|act| act["action"] != "AuditRead");
    let expected = ["SignedOut", "Exported", "AccessRefused", "SignInRefused", "SignedIn", "UserCreated"];
    assert_eq!(actions(&seen), expected, "newest first");
    let (refused, came) = (&seen[3], &seen[4]);
    assert_eq!((&came["actor"], &came["actor_username"]), (&json!(ada.id), &json!("ada")));
    assert_eq!((&came["address"], &came["device"]), (&json!("127.0.0.1"), &json!("Lynx/2.9")));
    assert_eq!(came["details"]["method"], "password");
    assert_eq!((&refused["actor"], &refused["person"]), (&Value::Null, &json!(ada.id)));
    assert_eq!(refused["details"]["why"], "wrong_password");
    assert_eq!(seen[2]["details"]["operation"], "GET /api/v1/users");
    assert_eq!((&seen[5]["actor"], &seen[5]["target"]), (&json!(admin.id), &json!(ada.id)));
    assert!(!serde_json::to_string(&seen[5]["details"]).expect("JSON").contains("ada@"), "no texts");
    assert_eq!(actions(&acts(&desk, &admin, &path).await)[0], "AuditRead", "and that somebody looked");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_see_the_sign_ins_of_requesters_and_no_more() {
    let desk = TestDesk::open().await;
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    let ada = signed_in(&desk, &admin, "ada").await;
    let _ = desk.get(&ada, "/api/v1/users").await.expect(403);
    let path = format!("/api/v1/users/{}/activity", ada.id);
    let seen = acts(&desk, &agent, &path).await;
    assert_eq!(actions(&seen), ["SignedIn"]);
    assert_eq!((&seen[0]["address"], &seen[0]["device"]), (&Value::Null, &Value::Null));
    for other in [&admin, &agent, &desk.hr_agent().await] {
        let _ = desk.get(&agent, &format!("/api/v1/users/{}/activity", other.id)).await.expect(404);
    }
    assert_eq!(desk.get(&ada, &path).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    let nobody = format!("/api/v1/users/{}/activity", Uuid::now_v7());
    let _ = desk.get(&admin, &nobody).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_is_asked_by_actor_action_target_and_time() {
    let desk = TestDesk::open().await;
    let (admin, other) = (desk.admin().await, desk.admin().await);
    let before = Utc::now();
    let ada = signed_in(&desk, &admin, "ada").await;
    sign_in(&desk, "nobody", "incorrect horse battery").await;
    let _ = desk.get(&other, "/api/v1/audit/export").await.expect(200);
    let of = async |query: String| acts(&desk, &admin, &format!("{AUDIT}?{query}")).await;

    assert_eq!(actions(&of(format!("actor={}", ada.id)).await), ["SignedIn"]);
    let refused = of("action=SignInRefused".to_owned()).await;
    assert_eq!(actions(&refused), ["SignInRefused"]);
    assert_eq!(refused[0]["details"]["why"], "unknown_account");
    assert!(!refused[0].to_string().contains("nobody"), "no names of anybody's making: {refused:?}");
    let exported = of("action=Exported,AccessRefused".to_owned()).await;
    assert_eq!((actions(&exported), &exported[0]["actor"]), (vec!["Exported"], &json!(other.id)));
    assert_eq!(exported[0]["details"]["what"], "log");
    assert_eq!(actions(&of(format!("target={}&action=UserCreated", ada.id)).await), ["UserCreated"]);
    // Every look at it is there as well, with whom it was about.
    let looks = of("action=AuditRead".to_owned()).await;
    assert!(looks.iter().all(|look| look["actor"] == json!(admin.id)), "{looks:?}");
    assert!(looks.iter().any(|look| look["person"] == json!(ada.id)), "{looks:?}");

    let then = before.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    assert!(of(format!("to={then}&action=SignedIn")).await.is_empty());
    assert_eq!(of(format!("from={then}&action=SignedIn")).await.len(), 1);
    let page = desk.get(&admin, &format!("{AUDIT}?limit=1&page=2&action=UserCreated")).await.expect(200);
    assert_eq!((&page.body["total_count"], &page.body["pagination"]["total_pages"]), (&json!(3), &json!(3)));
    for bad in
        ["action=TicketCreated", "action=signed_in", "actor=ada", "from=yesterday", "limit=0", "whose=ada"]
    {
        let _ = desk.get(&admin, &format!("{AUDIT}?{bad}")).await.expect(422);
    }
    desk.close().await;
}

/// Whoever asks again and again fills no log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_can_have_recorded_in_a_minute_has_an_end() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    for number in 0..15 {
        let node = if number % 2 == 0 { &desk } else { &other };
        let _ = node.get(&user, "/api/v1/users").await.expect(403);
    }
    assert_eq!(count(&desk, "AccessRefused").await, 10);
    let _ = other.get(&desk.user().await, "/api/v1/users").await.expect(403);
    assert_eq!(count(&desk, "AccessRefused").await, 11, "somebody else has their own");
    for _ in 0..35 {
        let _ = desk.get(&admin, &format!("{AUDIT}?limit=1")).await.expect(200);
    }
    assert_eq!(count(&desk, "AuditRead").await, 30);
    other.close().await;
    desk.close().await;
}

async fn count(desk: &TestDesk, event_type: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from ledger.events where event_type = $1");
    count.bind(event_type).fetch_one(desk.desk.pool()).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_erased_leaves_no_address_and_no_device() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let ada = signed_in(&desk, &admin, "ada").await;
    sign_in(&desk, "ada", "incorrect horse battery").await;
    let path = format!("/api/v1/users/{}/activity", ada.id);
    let exported = desk.get(&ada, &format!("/api/v1/users/{}/export", ada.id)).await.expect(200);
    let noted = exported.body["activity"].as_array().expect("activity");
    assert_eq!(noted[0]["data"]["device"], "Lynx/2.9", "it is theirs to have: {noted:?}");
    assert_eq!(acts(&desk, &admin, &path).await.iter().filter(|act| act["device"] == "Lynx/2.9").count(), 2);

    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    let reason = ErasureReason::RequestOfPerson;
    desk.desk.commands.erase_user(&request, ada.id, reason, &[]).await.expect("erased");
    let masked = async {
        loop {
            let seen = acts(&desk, &admin, &path).await;
            if seen.iter().all(|act| act["device"] != "Lynx/2.9") {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(10), masked).await.expect("masked");
    for act in seen.iter().filter(|act| matches!(act["action"].as_str(), Some("SignedIn" | "SignInRefused")))
    {
        assert_eq!((&act["address"], &act["device"]), (&json!("[erased]"), &json!("[erased]")));
    }
    let purged = async {
        while sqlx::query("select from desk.erasures where done_at is null")
            .fetch_optional(desk.desk.pool())
            .await
            .expect("an answer")
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), purged).await.expect("purged");
    let left: i64 = sqlx::query_scalar("select count(*) from desk.known_networks")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(left, 0, "nor where they signed in from");
    desk.assert_sound().await;
    desk.close().await;
}

/// What is noted of people is for administrators: nobody else's stream of events has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activity_is_no_part_of_anybody_else_s_stream() {
    let desk = TestDesk::open().await;
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    let ada = signed_in(&desk, &admin, "ada").await;
    for who in [&ada, &agent] {
        let request = desk.request(Some(who), Method::GET, "/api/v1/events/stream?after=0&types=SignedIn");
        let mut stream = request.send().await.expect("a stream");
        let mut read = String::new();
        let reading = async {
            while let Ok(Some(chunk)) = stream.chunk().await {
                read.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(700), reading).await;
        assert!(!read.contains("SignedIn"), "{read}");
    }
    let events = desk.get(&admin, "/api/v1/events?after=0&types=SignedIn").await.expect(200);
    assert_eq!(events.body["events"].as_array().map(Vec::len), Some(1));
    desk.close().await;
}
