//! One's own sign-ins: seen, and ended from elsewhere.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

use super::{NAME, desk_with_ada, holder, refresh, sign_in, status_of};

const PATH: &str = "/api/v1/auth/sessions";
/// How long any node may go on trusting a sign-in that has ended.
const A_SECOND: Duration = Duration::from_millis(1_050);

async fn sign_in_with(desk: &TestDesk, device: &str) -> Answer {
    let request = Client::new().post(desk.url("/api/v1/auth/login")).header("user-agent", device);
    desk.send(request.json(&json!({ "username": NAME, "password": PASSWORD }))).await.expect(200)
}

async fn listed(desk: &TestDesk, who: &Somebody) -> Vec<Value> {
    desk.get(who, PATH).await.expect(200).body["sessions"].as_array().expect("sessions").clone()
}

async fn delete(desk: &TestDesk, who: &Somebody, path: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::DELETE, path)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_where_they_are_signed_in_and_nobody_else_does() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let phone = sign_in_with(&desk, "Phone/1.0").await;
    let laptop = sign_in_with(&desk, "Laptop/2.0").await;
    let sessions = listed(&desk, &holder(&laptop)).await;
    let devices: Vec<(&Value, &Value, &Value)> =
        sessions.iter().map(|s| (&s["device"], &s["address"], &s["current"])).collect();
    let address = json!("127.0.0.1");
    assert_eq!(
        devices,
        [(&json!("Laptop/2.0"), &address, &json!(true)), (&json!("Phone/1.0"), &address, &json!(false))]
    );
    assert!(listed(&desk, &desk.user().await).await.is_empty());
    let stored: Vec<String> = sqlx::query_scalar("select row_to_json(s)::text from desk.sessions s")
        .fetch_all(&mut desk.database.owner().await)
        .await
        .expect("rows");
    for row in stored {
        assert!(!row.contains("Phone") && !row.contains("127.0.0.1"), "sealed: {row}");
    }
    assert_eq!(status_of(&desk, &phone).await, 200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_ended_from_elsewhere_is_over_at_every_node_within_a_second() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let other = desk.another_node().await;
    let phone = sign_in_with(&desk, "Phone/1.0").await;
    let laptop = sign_in_with(&desk, "Laptop/2.0").await;
    let sessions = listed(&desk, &holder(&laptop)).await;
    let of_phone = sessions.iter().find(|session| session["current"] == false).expect("the phone");
    let path = format!("{PATH}/{}", of_phone["id"].as_str().expect("an id"));
    let stranger = desk.user().await;
    let _ = delete(&desk, &stranger, &path).await.expect(404);

    let stream = other.request(Some(&holder(&phone)), Method::GET, "/api/v1/events/stream");
    let mut stream = stream.send().await.expect("a stream");
    assert_eq!(status_of(&other, &phone).await, 200, "and trusted for a moment from now on");
    let _ = delete(&desk, &holder(&laptop), &path).await.expect(204);
    let ended = Instant::now();
    let over = async { while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(Duration::from_secs(5), over).await.expect("the stream ends");
    assert!(ended.elapsed() < Duration::from_millis(1_500), "the stream went on for {:?}", ended.elapsed());
    tokio::time::sleep(A_SECOND.saturating_sub(ended.elapsed())).await;
    for node in [&desk, &other] {
        assert_eq!(status_of(node, &phone).await, 401);
        let _ = refresh(node, &phone).await.expect(401);
        assert_eq!(status_of(node, &laptop).await, 200);
    }
    let _ = delete(&desk, &holder(&laptop), &path).await.expect(404);
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_other_sign_ins_end_at_once_and_this_one_goes_on() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let others = [sign_in(&desk).await.expect(200), sign_in(&desk).await.expect(200)];
    let renewed = refresh(&desk, &others[1]).await.expect(200);
    let this = sign_in(&desk).await.expect(200);
    let ended = delete(&desk, &holder(&this), PATH).await.expect(200);
    assert_eq!(ended.body, json!({ "revoked": 2 }));
    for pair in others.iter().chain([&renewed]) {
        assert_eq!(status_of(&desk, pair).await, 401);
        let _ = refresh(&desk, pair).await.expect(401);
    }
    assert_eq!(status_of(&desk, &this).await, 200);
    assert_eq!(listed(&desk, &holder(&this)).await.len(), 1);
    assert_eq!(delete(&desk, &holder(&this), PATH).await.expect(200).body, json!({ "revoked": 0 }));
    let noted: i64 =
        sqlx::query_scalar("select count(*) from ledger.events where event_type = 'SessionRevoked'")
            .fetch_one(desk.desk.pool())
            .await
            .expect("a count");
    assert_eq!(noted, 2);
    desk.close().await;
}
