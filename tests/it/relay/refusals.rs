//! Streams that are no copy of the log: refused, said aloud, and left alone.

use std::time::{Duration, Instant};

use async_nats::jetstream::stream::{Config, RetentionPolicy};
use infrastructure::relay::State;
use tests::desk::TestDesk;
use tests::nats::{NatsServer, STREAM};
use tests::postgres::TestDatabase;

use super::{Node, PATIENCE, assert_same, file};

const SUBJECTS: &str = "ledgerdesk.events.>";

fn stream(subjects: &[&str]) -> Config {
    let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
    Config { name: STREAM.to_owned(), subjects, ..Config::default() }
}

/// Why a relay refuses the stream that is made like this.
async fn refused(config: Config, messages: u64, removed: u64) -> String {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let context = server.jetstream().await;
    let stream = context.create_stream(config).await.expect("a stream");
    for _ in 0..messages {
        context.publish("ledgerdesk.events.x", "x".into()).await.expect("sent").await.expect("taken");
    }
    for sequence in 1..=removed {
        stream.delete_message(sequence).await.expect("removed");
    }
    let log = test.log().await;
    file(&log, 5).await;
    let node = Node::start(&test, &server.url()).await;
    let reason = node.until_stopped().await;
    assert_eq!(server.last_sequence().await, messages, "nothing was published: {reason}");
    reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_with_anybody_elses_messages_is_refused() {
    let reason = refused(stream(&[SUBJECTS]), 3, 0).await;
    assert!(reason.contains("message 3 of the stream LEDGERDESK is not the log's event 3"), "{reason}");
    let reason = refused(stream(&[SUBJECTS]), 30, 0).await;
    assert!(reason.contains("ends at 30 and the log at 10"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_is_made_for_something_else_is_refused() {
    let reason = refused(stream(&[SUBJECTS, "orders.>"]), 0, 0).await;
    assert!(reason.contains("takes other messages"), "{reason}");
    let queue = Config { retention: RetentionPolicy::WorkQueue, ..stream(&[SUBJECTS]) };
    assert!(refused(queue, 0, 0).await.contains("does not keep messages"));
    let silent = Config { no_ack: true, ..stream(&[SUBJECTS]) };
    assert!(refused(silent, 0, 0).await.contains("does not answer"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_lost_messages_is_refused() {
    let reason = refused(stream(&[SUBJECTS]), 5, 2).await;
    assert!(reason.contains("messages are missing") && reason.contains("3 of 1 to 5"), "{reason}");
    // All of them: the number it goes on with says that there were some.
    assert!(refused(stream(&[SUBJECTS]), 2, 2).await.contains("messages are missing"));
}

/// Somebody publishes on our subjects while the relay runs. The events behind it are under way together: the second
/// of them would fit the sequence again if the sequence were all it asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_foreign_message_between_ours_stops_the_relay_until_the_stream_is_gone() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let node = Node::start(&test, &server.url()).await;
    file(&node.log, 5).await;
    node.until_level().await;
    let context = server.jetstream().await;
    context.publish("ledgerdesk.events.x", "x".into()).await.expect("sent").await.expect("taken");
    file(&node.log, 5).await;
    let reason = node.until_stopped().await;
    assert!(reason.contains("message 11"), "{reason}");
    assert_eq!(server.last_sequence().await, 11);

    // The operator decides: away with it. The relay looks again by itself.
    context.delete_stream(STREAM).await.expect("deleted");
    node.until_level().await;
    assert_eq!(assert_same(&server, &node.log).await, 20);
}

/// The desk itself is not less ready for it, and says how the relay is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readiness_and_metrics_say_how_the_relay_is() {
    let mut server = NatsServer::prepared();
    let desk = TestDesk::with(TestDatabase::create().await, &[("NATS_URL", &server.url())]).await;
    let admin = desk.admin().await;
    assert_eq!(relay_of(&desk, "waiting").await["position"], 0);

    server.launch();
    let relay = relay_of(&desk, "relaying").await;
    assert!(relay["reason"].is_null(), "{relay}");
    assert_same(&server, &desk.desk.log).await;

    server.kill();
    let relay = relay_of(&desk, "waiting").await;
    assert!(relay["position"].as_i64() > Some(0) && relay["reason"].is_string(), "{relay}");
    desk.ticket(&admin, None).await;

    let text = reqwest::get(desk.url("/metrics")).await.expect("an answer").text().await.expect("text");
    for name in [
        "ledgerdesk_relay_position",
        "ledgerdesk_relay_lag_events",
        "ledgerdesk_relay_errors_total",
        "ledgerdesk_relay_stopped",
    ] {
        assert!(text.contains(name), "{name} is missing");
    }
}

/// What readiness says of the relay once it is `state` and level; the desk is ready all the time.
pub(super) async fn relay_of(desk: &TestDesk, state: &str) -> serde_json::Value {
    let started = Instant::now();
    loop {
        let body =
            desk.send(desk.request(None, reqwest::Method::GET, "/health/ready")).await.expect(200).body;
        let relay = &body["relay"];
        let level = state != "relaying" || relay["position"].as_i64() == Some(desk.head().await);
        if relay["state"] == state && level {
            return relay.clone();
        }
        assert!(started.elapsed() < PATIENCE, "{body}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn every_state_has_a_word() {
    for (state, word) in [
        (State::Waiting, "waiting"),
        (State::Relaying, "relaying"),
        (State::StandingBy, "standing_by"),
        (State::Stopped, "stopped"),
    ] {
        assert_eq!(serde_json::to_value(state).expect("JSON"), word);
    }
}
