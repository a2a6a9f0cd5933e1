//! Relays that are put to sleep in the middle of their work, and go on with it when another has done it.

use std::time::{Duration, Instant};

use async_nats::jetstream::stream::Config;
use infrastructure::database::Database;
use infrastructure::keys::Keyring;
use infrastructure::log::PgLog;
use tests::nats::{NatsServer, STREAM};
use tests::postgres::{MASTER_KEY, TestDatabase};
use tokio::sync::mpsc;

use super::{Load, Node, PATIENCE, assert_same, until_more};

const NAP: Duration = Duration::from_millis(2_500);
const NAPS: usize = 6;

/// A relay in a thread of its own, which sleeps with everything it has under way.
struct Sleeper {
    nap: mpsc::UnboundedSender<Duration>,
}

impl Sleeper {
    fn start(test: &TestDatabase, url: &str) -> Self {
        let (nap, mut told) = mpsc::unbounded_channel::<Duration>();
        let (options, url) = (test.options.clone(), url.to_owned());
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let database = Database::new(options);
                let keys = Keyring::new(database.pool().clone(), &MASTER_KEY);
                let log = PgLog::open(&database, keys).await.expect("a log");
                let node = Node::of(log, &url);
                while let Some(nap) = told.recv().await {
                    // Nothing of this thread goes on: not the relay, not its connections.
                    std::thread::sleep(nap);
                }
                node.kill().await;
            });
        });
        Self { nap }
    }
}

/// The stream forgets ids at once: that nothing is doubled is the work of the expected sequence.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_relay_that_wakes_up_doubles_nothing() {
    let (test, server) = (TestDatabase::create().await, NatsServer::start().await);
    let forgetful = Config {
        name: STREAM.to_owned(),
        subjects: vec!["ledgerdesk.events.>".to_owned()],
        duplicate_window: Duration::from_millis(100),
        ..Config::default()
    };
    server.jetstream().await.create_stream(forgetful).await.expect("a stream");
    let sleepers = [Sleeper::start(&test, &server.url()), Sleeper::start(&test, &server.url())];
    let writer = test.log().await;
    let load = Load::begin(&writer, 4);
    for nap in 0..NAPS {
        until_more(&writer, 100).await;
        sleepers[nap % 2].nap.send(NAP).expect("it is awake");
        // It wakes up while the other is at work.
        let reached = server.last_sequence().await;
        until_sequence(&server, reached + 100).await;
        tokio::time::sleep(NAP / 2).await;
    }
    load.end().await;
    let head = writer.head().await.expect("a head");
    until_sequence(&server, u64::try_from(head).expect("a position")).await;
    let relayed = assert_same(&server, &writer).await;
    eprintln!("{NAPS} naps, {relayed} events");
}

async fn until_sequence(server: &NatsServer, sequence: u64) {
    let started = Instant::now();
    while server.last_sequence().await < sequence {
        assert!(started.elapsed() < PATIENCE, "nobody relays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
