//! Receivers that refuse, hang, are full, send the desk elsewhere, or want no more.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tests::canary::Canary;

use super::receiver::{Manner, Receiver};
use super::{PATIENCE, Scene, assert_in_order};

/// In how many seconds a delivery is tried again.
fn wait_of(delivery: &Value) -> i64 {
    let at: DateTime<Utc> = delivery["next_attempt_at"].as_str().expect("a time").parse().expect("a time");
    (at - Utc::now()).num_seconds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_refused_comes_again_under_the_same_id_and_with_a_new_time() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::Answers(500));
    scene.ticket().await;
    let failed = scene.newest(&webhook, |delivery| delivery["error"] == "refused").await;
    assert_eq!(
        (&failed["status"], &failed["state"], &failed["attempts"]),
        (&json!(500), &json!("pending"), &json!(1))
    );
    assert!((0..=6).contains(&wait_of(&failed)), "about five seconds at first: {failed}");
    scene.receiver.behaves(Manner::Takes);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    scene.waiting("next_attempt_at = now()").await;
    let received = scene.receiver.wait_for(2).await;
    assert_eq!(received[0].id, received[1].id);
    assert_eq!(received[0].body, received[1].body);
    assert_ne!(received[0].timestamp, received[1].timestamp, "each attempt has its time");
    assert_ne!(received[0].signature, received[1].signature);
    let done = scene.newest(&webhook, |delivery| delivery["state"] == "delivered").await;
    assert_eq!((&done["status"], &done["attempts"], &done["error"]), (&json!(204), &json!(2), &Value::Null));
    assert_eq!(done["event_id"], received[0].id.as_str());
    assert!(done["next_attempt_at"].is_null() && done["duration_ms"].is_number(), "{done}");
    // What the receiver says besides its status is nobody's to see.
    assert!(!scene.deliveries(&webhook, "").await.iter().any(|row| row.to_string().contains("WORDS")));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_holds_up_its_own_ticket_only() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let (stuck, free) = (scene.ticket().await, scene.ticket().await);
    scene.receiver.wait_for_taken(2).await;
    scene.receiver.behaves(Manner::TakesAllBut("poison"));
    scene.say(&stuck, "poison").await;
    scene.say(&stuck, "behind it").await;
    scene.say(&free, "elsewhere").await;
    let taken = scene.receiver.wait_for_taken(3).await;
    assert!(taken[2].body.contains("elsewhere"));
    scene
        .until("select count(*) from desk.webhook_deliveries where error = 'refused'", |rows| rows == 1)
        .await;
    let pending = scene.deliveries(&webhook, "&state=pending").await;
    let tried: Vec<(bool, bool)> =
        pending.iter().map(|row| (row["attempts"] != 0, row["error"].is_null())).collect();
    assert_eq!(tried, [(false, true), (true, false)], "the newest first: {pending:?}");

    scene.receiver.behaves(Manner::Takes);
    scene.waiting("next_attempt_at = now()").await;
    let taken = scene.receiver.wait_for_taken(5).await;
    assert_in_order(&taken);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_is_given_up_after_a_while_and_holds_up_no_other_receiver() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::Hangs);
    let other = Receiver::start().await;
    let _ = scene.webhook(json!({ "url": other.url() })).await;
    for _ in 0..6 {
        scene.ticket().await;
    }
    other.wait_for_taken(6).await;
    let failed = scene.newest(&webhook, |_| true).await;
    assert!(failed["error"].is_null(), "still under way: {failed}");
    scene
        .until("select count(*) from desk.webhook_deliveries where error = 'too_slow'", |rows| rows > 0)
        .await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_talks_without_end_is_cut_off() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::Talks);
    scene.ticket().await;
    let started = Instant::now();
    scene.newest(&webhook, |delivery| delivery["state"] == "delivered").await;
    assert!(started.elapsed() < Duration::from_secs(10));
    let talked = scene.receiver.talked();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scene.receiver.talked(), talked, "nobody listens any more");
    assert!(talked < 32 * 1024 * 1024, "{talked} bytes");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_asks_to_be_left_alone_is_left_alone() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::Asks(429, 1_800));
    scene.ticket().await;
    let failed = scene.newest(&webhook, |delivery| delivery["status"] == 429).await;
    assert!((1_780..=1_800).contains(&wait_of(&failed)), "as long as it asked: {failed}");
    scene.receiver.behaves(Manner::Takes);
    // Other tickets wait as well.
    scene.ticket().await;
    scene.until("select count(*) from desk.webhook_deliveries", |rows| rows == 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.receiver.received().len(), 1);
    // Half an hour passes.
    sqlx::query("update desk.webhook_progress set quiet_until = quiet_until - interval '30 minutes'")
        .execute(scene.desk.desk.pool())
        .await
        .expect("updated");
    scene.waiting("next_attempt_at = next_attempt_at - interval '30 minutes'").await;
    scene.receiver.wait_for_taken(2).await;
    // Who asks for more than an hour gets an hour.
    scene.receiver.behaves(Manner::Asks(503, 86_400));
    scene.ticket().await;
    let failed = scene.newest(&webhook, |delivery| delivery["status"] == 503).await;
    assert!((3_580..=3_600).contains(&wait_of(&failed)), "{failed}");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_gone_is_disabled_until_somebody_enables_it() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::Answers(410));
    let ticket = scene.ticket().await;
    let started = Instant::now();
    while scene.shown(&webhook).await["enabled"] == true {
        assert!(started.elapsed() < PATIENCE, "it is not disabled");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(scene.shown(&webhook).await["disabled_because"], "the receiver answered 410");
    let tries = scene.receiver.received().len();
    scene.receiver.behaves(Manner::Takes);
    scene.waiting("next_attempt_at = now()").await;
    scene.say(&ticket, "Nobody is told now").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.receiver.received().len(), tries, "nothing is sent");

    let enabled = scene.patch(&webhook, json!({ "enabled": true })).await.expect(200).body;
    assert_eq!((&enabled["enabled"], &enabled["disabled_because"]), (&json!(true), &Value::Null));
    let taken = scene.receiver.wait_for_taken(2).await;
    assert_in_order(&taken);
    let audit =
        scene.desk.get(&scene.admin, "/api/v1/admin/audit?action=WebhookDisabled").await.expect(200).body;
    assert!(audit.to_string().contains(&webhook.id), "{audit}");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_followed_to_another_address() {
    let scene = Scene::set().await;
    let canary = Canary::listen().await;
    let webhook = scene.webhook(json!({})).await;
    scene.receiver.behaves(Manner::SendsTo(format!("http://127.0.0.1:{}/", canary.port)));
    scene.ticket().await;
    let failed =
        scene.newest(&webhook, |delivery| delivery["attempts"] != 0 && !delivery["error"].is_null()).await;
    assert_eq!((&failed["error"], &failed["status"]), (&json!("redirected"), &json!(302)));
    let tested = scene.desk.post(&scene.admin, &webhook.path("/test"), json!({})).await.expect(200).body;
    assert_eq!((&tested["delivered"], &tested["error"]), (&json!(false), &json!("redirected")));
    assert_eq!(canary.knocks(), 0);
    scene.desk.close().await;
}
