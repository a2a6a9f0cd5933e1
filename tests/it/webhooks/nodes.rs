//! Several senders, and senders that die.

use std::time::{Duration, Instant};

use tests::desk::TestDesk;
use tests::node::Node;
use tests::postgres::TestDatabase;
use tests::process::scratch;

use super::receiver::{Manner, Receiver};
use super::{PATIENCE, SETTINGS, Scene, assert_in_order, ids_of};
use serde_json::json;

async fn pending(database: &TestDatabase) -> i64 {
    let pending = "select count(*) from desk.webhook_deliveries where state = 'pending'";
    sqlx::query_scalar(pending).fetch_one(database.database.pool()).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_killed_loses_nothing_and_gives_nothing_another_id() {
    let scene = Scene::with(Receiver::down()).await;
    scene.webhook(json!({})).await;
    let mut tickets = Vec::new();
    for _ in 0..4 {
        let ticket = scene.ticket().await;
        for number in 0..4 {
            scene.say(&ticket, &format!("Message {number}")).await;
        }
        tickets.push(ticket);
    }
    let ids = scene.ids(&tickets).await;
    scene
        .until("select count(*) from desk.webhook_deliveries", |rows| usize::try_from(rows) == Ok(ids.len()))
        .await;
    let Scene { desk, mut receiver, .. } = scene;
    let database = desk.close().await;
    sqlx::query("update desk.webhook_deliveries set next_attempt_at = now()")
        .execute(database.database.pool())
        .await
        .expect("updated");

    let (folder, settings) = (scratch("webhooks"), SETTINGS.map(|(name, value)| (name, value.to_owned())));
    // What comes behind the sixth was sent, and nothing is written down of it when the sender dies.
    receiver.behaves(Manner::TakesFirst(6));
    receiver.up().await;
    let mut node = Node::start(&database, &folder, &settings).await;
    receiver.wait_for(7).await;
    node.kill();
    receiver.behaves(Manner::Takes);
    let before = receiver.received();

    let _node = Node::start(&database, &folder, &settings).await;
    let started = Instant::now();
    while pending(&database).await > 0 {
        assert!(started.elapsed() < PATIENCE, "not all is sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let received = receiver.received();
    let again: Vec<&str> = before.iter().map(|message| message.id.as_str()).collect();
    let again =
        received[before.len()..].iter().filter(|message| again.contains(&message.id.as_str())).count();
    assert!((1..=4).contains(&again), "what was under way comes again, under its id: {again}");
    let mut distinct = ids_of(&received);
    distinct.dedup();
    assert_eq!(distinct, ids, "nothing is lost, and nothing has another id");
    assert_in_order(&received);
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(!log.contains("whsec_") && !log.contains("/hook"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_sends_and_the_other_goes_on_when_it_stops() {
    let scene = Scene::set().await;
    scene.webhook(json!({})).await;
    let other = TestDesk::with(TestDatabase::at(scene.desk.database.options.clone()), &SETTINGS).await;
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(scene.ticket().await);
    }
    scene.receiver.wait_for_taken(5).await;
    let owner =
        "select count(*) from desk.webhook_sender where lease_owner is not null and lease_until > now()";
    assert_eq!(scene.count(owner).await, 1);
    let Scene { desk, receiver, user, .. } = scene;
    let database = desk.close().await;
    for _ in 0..5 {
        let ticket = other.ticket(&user, Some("IT")).await;
        tickets.push(ticket["ticket_id"].as_str().expect("an id").to_owned());
    }
    let taken = receiver.wait_for_taken(10).await;
    let admin = other.admin().await;
    assert_eq!(ids_of(&taken), super::ids(&other, &admin, &tickets).await);
    assert_eq!(receiver.received().len(), 10, "once each");
    other.close().await;
    drop(database);
}
