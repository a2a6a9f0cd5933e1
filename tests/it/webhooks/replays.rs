//! What is sent once more: from a position on, after it was given up, or because somebody asks.

use chrono::Utc;
use serde_json::{Value, json};

use super::receiver::{Manner, Receiver};
use super::{Added, Scene, assert_in_order, ids_of};

async fn replay(scene: &Scene, webhook: &Added, from: i64) {
    let path = webhook.path("/replay");
    let answer = scene.desk.post(&scene.admin, &path, json!({ "from_pos": from })).await.expect(202);
    assert_eq!(answer.body["from_pos"], from);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_from_a_position_on_comes_again_under_the_same_ids() {
    let scene = Scene::set().await;
    let before = scene.ticket().await;
    let webhook = scene.webhook(json!({})).await;
    let ticket = scene.ticket().await;
    for text in ["One", "Two", "Three"] {
        scene.say(&ticket, text).await;
    }
    let first = scene.receiver.wait_for_taken(4).await;
    assert_eq!(
        ids_of(&first),
        scene.ids(std::slice::from_ref(&ticket)).await,
        "what happened before it was added is not told"
    );

    let (_, from) = first[1].place();
    replay(&scene, &webhook, from).await;
    let all = scene.receiver.wait_for_taken(7).await;
    assert_eq!(ids_of(&all[4..]), ids_of(&first[1..]));
    assert_in_order(&all[4..]);
    let bodies =
        |messages: &[super::Received]| messages.iter().map(|one| one.body.clone()).collect::<Vec<_>>();
    assert_eq!(bodies(&all[4..]), bodies(&first[1..]), "word for word");

    // From the very beginning also what happened before there was a webhook.
    replay(&scene, &webhook, 1).await;
    let all = scene.receiver.wait_for_taken(12).await;
    assert_eq!(ids_of(&all[7..]), scene.ids(&[before, ticket.clone()]).await);
    // And then it goes on.
    scene.say(&ticket, "Four").await;
    let all = scene.receiver.wait_for_taken(13).await;
    assert!(all[12].body.contains("Four"));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_three_days_a_message_is_given_up_and_can_be_sent_again() {
    let scene = Scene::set().await;
    let webhook = scene.webhook(json!({})).await;
    let ticket = scene.ticket().await;
    scene.receiver.wait_for_taken(1).await;
    scene.receiver.behaves(Manner::TakesAllBut("poison"));
    scene.say(&ticket, "poison").await;
    scene.say(&ticket, "behind it").await;
    scene.newest(&webhook, |_| true).await;
    let failed = "select count(*) from desk.webhook_deliveries where error = 'refused'";
    scene.until(failed, |rows| rows == 1).await;
    // Not long enough, and then not often enough.
    for (set, attempts) in [
        ("queued_at = now() - interval '71 hours', next_attempt_at = now(), attempts = 40", 41),
        ("queued_at = now() - interval '73 hours', next_attempt_at = now(), attempts = 2", 3),
    ] {
        scene.waiting(set).await;
        let tried = move |rows: &Value| rows["attempts"] == attempts && rows["next_attempt_at"].is_string();
        let poisoned = || async { scene.deliveries(&webhook, "&state=pending").await.last().cloned() };
        let started = std::time::Instant::now();
        loop {
            let oldest = poisoned().await.expect("it waits still");
            let next =
                oldest["next_attempt_at"].as_str().unwrap_or_default().parse::<chrono::DateTime<Utc>>();
            if tried(&oldest) && next.is_ok_and(|next| next > Utc::now()) {
                break;
            }
            assert!(started.elapsed() < super::PATIENCE, "{oldest}");
        }
    }
    scene.waiting("queued_at = now() - interval '73 hours', next_attempt_at = now(), attempts = 4").await;
    // The next of the ticket goes on when it is given up.
    let taken = scene.receiver.wait_for_taken(2).await;
    assert!(taken[1].body.contains("behind it"));
    let dead = scene.deliveries(&webhook, "&state=dead").await;
    assert_eq!(
        (dead.len(), &dead[0]["attempts"], &dead[0]["status"]),
        (1, &json!(5), &json!(500)),
        "{dead:?}"
    );
    let ready = scene.desk.get(&scene.admin, "/health/ready").await.expect(200).body;
    assert_eq!((&ready["webhooks"]["given_up"], &ready["webhooks"]["waiting"]), (&json!(1), &json!(0)));
    let metrics =
        reqwest::get(scene.desk.url("/metrics")).await.expect("metrics").text().await.expect("a text");
    assert!(metrics.contains("ledgerdesk_webhooks_given_up 1"), "{metrics}");
    let tries = scene.receiver.received().len();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(scene.receiver.received().len(), tries, "it is tried no more");

    scene.receiver.behaves(Manner::Takes);
    let path = webhook.path(&format!("/deliveries/{}/redeliver", dead[0]["id"].as_str().expect("an id")));
    let again = scene.desk.post(&scene.admin, &path, json!({})).await.expect(202).body;
    assert_eq!((&again["state"], &again["attempts"]), (&json!("pending"), &json!(0)));
    let taken = scene.receiver.wait_for_taken(3).await;
    assert!(taken[2].body.contains("poison"));
    assert_eq!(taken[2].id, dead[0]["event_id"].as_str().expect("an id"));
    // One that was taken, too.
    scene
        .until("select count(*) from desk.webhook_deliveries where state = 'delivered'", |rows| rows == 3)
        .await;
    let _ = scene.desk.post(&scene.admin, &path, json!({})).await.expect(202);
    let taken = scene.receiver.wait_for_taken(4).await;
    assert_eq!(taken[3].id, taken[2].id);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_it_is_switched_off_is_sent_when_it_is_switched_on() {
    let scene = Scene::set().await;
    let webhook =
        scene.webhook(json!({ "events": ["MessagePosted", "TicketResolved", "MessagePosted"] })).await;
    assert_eq!(scene.shown(&webhook).await["events"], json!(["MessagePosted", "TicketResolved"]));
    let off = scene.patch(&webhook, json!({ "enabled": false })).await.expect(200);
    assert_eq!((off.header("etag"), &off.body["enabled"]), ("\"v2\"", &json!(false)));
    let ticket = scene.ticket().await;
    scene.say(&ticket, "Is anybody there?").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(scene.receiver.received().is_empty());
    let _ = scene.patch(&webhook, json!({ "enabled": true })).await.expect(200);
    let taken = scene.receiver.wait_for_taken(1).await;
    assert_eq!(taken[0].json()["type"], "MessagePosted", "of these types only");
    // Elsewhere from now on.
    let other = Receiver::start().await;
    let changed = scene.patch(&webhook, json!({ "url": other.url(), "events": [] })).await.expect(200);
    assert_eq!(changed.body["url"], other.url());
    scene.ticket().await;
    assert_eq!(other.wait_for_taken(1).await[0].json()["type"], "TicketCreated");
    assert_eq!(scene.receiver.received().len(), 1);
    // The same once more is no change.
    let same = scene.patch(&webhook, json!({ "url": other.url(), "events": [] })).await.expect(200);
    assert_eq!(same.header("etag"), changed.header("etag"));
    scene.desk.close().await;
}
