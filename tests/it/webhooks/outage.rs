//! Receivers that are down for long.

use domain::id::UserId;
use serde_json::json;
use tests::appends::{accepted, append, created, new_stream, on, unassigned};
use uuid::Uuid;

use super::receiver::Receiver;
use super::{Scene, assert_in_order, ids_of};

const PENDING: &str = "select count(*) from desk.webhook_deliveries where state = 'pending'";
/// How many attempts failed since one did not.
const FAILURES: &str = "select coalesce(sum(failures), 0)::bigint from desk.webhook_progress";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_down_for_a_day_is_sent_everything_once_and_in_order_per_ticket() {
    let mut scene = Scene::with(Receiver::down()).await;
    let webhook = scene.webhook(json!({})).await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(scene.ticket().await);
    }
    for number in 0..4 {
        for ticket in &tickets {
            scene.say(ticket, &format!("Message {number}")).await;
        }
    }
    let ids = scene.ids(&tickets).await;
    assert!(ids.len() >= 15, "{}", ids.len());
    scene.until(PENDING, |pending| usize::try_from(pending) == Ok(ids.len())).await;
    for _ in 0..24 {
        // An hour passes.
        let before = scene.count(FAILURES).await;
        scene.waiting("queued_at = queued_at - interval '1 hour', next_attempt_at = now()").await;
        scene.until(FAILURES, |failures| failures >= before + 3).await;
    }
    // Of each ticket only the first message was tried.
    assert_eq!(scene.count("select count(*) from desk.webhook_deliveries where attempts > 0").await, 3);
    let oldest = scene.deliveries(&webhook, "&state=pending").await.last().expect("a delivery").clone();
    assert_eq!((&oldest["error"], &oldest["status"]), (&json!("not_reached"), &json!(null)), "{oldest}");

    // It is up again: the first message that it takes brings all the others, whenever they were due.
    scene.waiting("next_attempt_at = now() + interval '1 hour'").await;
    scene.receiver.up().await;
    sqlx::query(
        "update desk.webhook_deliveries
            set next_attempt_at = now()
          where position = (select min(position) from desk.webhook_deliveries)",
    )
    .execute(scene.desk.desk.pool())
    .await
    .expect("updated");
    let taken = scene.receiver.wait_for_taken(ids.len()).await;
    scene.until(PENDING, |pending| pending == 0).await;
    assert_eq!(ids_of(&taken), ids, "everything, once per id");
    assert_in_order(&taken);
    assert_eq!(scene.receiver.received().len(), ids.len(), "and nothing again");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_wait_in_the_queue_and_the_rest_in_the_log() {
    let mut scene = Scene::with(Receiver::down()).await;
    scene.webhook(json!({})).await;
    let (requester, log) = (UserId(Uuid::now_v7()), &scene.desk.desk.log);
    for _ in 0..20 {
        let mut events = vec![created(requester)];
        events.extend(std::iter::repeat_with(unassigned).take(69));
        accepted(log, append(vec![on(new_stream(), 0, events)])).await;
    }
    let waiting = scene.until(PENDING, |pending| pending > 750).await;
    scene.until(FAILURES, |failures| failures >= 20).await;
    assert!(waiting <= 1_000 && scene.count(PENDING).await <= 1_000, "{waiting}");

    scene.receiver.up().await;
    scene.waiting("next_attempt_at = now()").await;
    let taken = scene.receiver.wait_for_taken(1_400).await;
    assert_in_order(&taken);
    let mut ids = ids_of(&taken);
    ids.dedup();
    assert_eq!((ids.len(), scene.receiver.received().len()), (1_400, 1_400), "all, once each");
    scene.desk.close().await;
}
