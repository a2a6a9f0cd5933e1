//! The relay to NATS, against a real server: every event once, whoever dies when.

mod cluster;
mod load;
mod privacy;
mod races;
mod refusals;
mod restarts;
mod restores;
mod sleepers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::id::UserId;
use infrastructure::config::{Config, Overrides};
use infrastructure::log::PgLog;
use infrastructure::relay::{Relay, State, Status};
use serde_json::Value;
use tests::appends::{accepted, append, created, new_stream, on, unassigned};
use tests::nats::NatsServer;
use tests::postgres::TestDatabase;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);

/// A process as the relay sees it: a log of its own on the shared database, and a relay.
struct Node {
    log: Arc<PgLog>,
    status: watch::Receiver<Status>,
    running: JoinHandle<()>,
}

impl Node {
    async fn start(test: &TestDatabase, url: &str) -> Self {
        Self::of(test.log().await, url)
    }

    fn of(log: Arc<PgLog>, url: &str) -> Self {
        let environment = |name: &str| (name == "NATS_URL").then(|| url.to_owned());
        let config = Config::read(&environment, None, Overrides::default()).expect("a configuration");
        let relay = Relay::new(Arc::clone(&log), config.nats.expect("set"));
        let status = relay.status();
        let running = tokio::spawn(relay.run(CancellationToken::new()));
        Self { log, status, running }
    }

    /// Ends the relay in the middle of whatever it does.
    async fn kill(self) {
        self.running.abort();
        let _ = self.running.await;
        self.log.close().await;
    }

    /// Waits until the relay's status is as `wanted`.
    async fn until(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.status.clone();
        let waiting = tokio::time::timeout(PATIENCE, status.wait_for(|status| wanted(status))).await;
        let Ok(status) = waiting else { panic!("the relay is {:?}", self.status.borrow()) };
        status.expect("the relay runs").clone()
    }

    /// Waits until everything in the log is in the stream.
    async fn until_level(&self) {
        let head = self.log.head().await.expect("a head");
        self.until(|status| status.position == head).await;
    }

    async fn until_stopped(&self) -> String {
        let status = self.until(|status| status.state == State::Stopped).await;
        status.reason.expect("a reason")
    }
}

/// `count` tickets with two events each.
async fn file(log: &PgLog, count: usize) {
    let requester = UserId(Uuid::now_v7());
    let filing = (0..count)
        .map(|_| accepted(log, append(vec![on(new_stream(), 0, vec![created(requester), unassigned()])])));
    futures::future::join_all(filing).await;
}

/// People who file tickets until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<usize>>,
}

impl Load {
    fn begin(log: &Arc<PgLog>, writers: usize) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let writers = (0..writers)
            .map(|_| {
                let (log, stop) = (Arc::clone(log), Arc::clone(&stop));
                tokio::spawn(async move {
                    let mut tickets = 0;
                    while !stop.load(Ordering::Relaxed) {
                        file(&log, 1).await;
                        tickets += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    tickets
                })
            })
            .collect();
        Self { stop, writers }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            assert!(writer.await.expect("no writer fails") > 0);
        }
    }
}

/// Waits until `log` has `more` events than now.
async fn until_more(log: &PgLog, more: i64) {
    let wanted = log.head().await.expect("a head") + more;
    let started = Instant::now();
    while log.head().await.expect("a head") < wanted {
        assert!(started.elapsed() < PATIENCE, "nobody writes");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The stream is the log: as many messages as events, each under its event's position, in its envelope.
async fn assert_same(server: &NatsServer, log: &PgLog) -> usize {
    let rows = log.rows_after(0, i64::MAX).await.expect("readable");
    let messages = server.messages().await;
    assert_eq!(messages.len(), rows.len(), "every event, and nothing else");
    for (row, message) in rows.iter().zip(&messages) {
        let sequence = message.info().expect("of JetStream").stream_sequence;
        assert_eq!(i64::try_from(sequence), Ok(row.position), "the sequence is the position");
        let headers = message.headers.as_ref().expect("headers");
        assert_eq!(
            headers.get("Nats-Msg-Id").map(async_nats::HeaderValue::as_str),
            Some(&*row.event_id.to_string())
        );
        let body: Value = serde_json::from_slice(&message.payload).expect("JSON");
        assert_eq!(body["id"], row.event_id.to_string());
        assert_eq!(body["sequence"], row.position.to_string());
        let subject = format!("ledgerdesk.events.{}.{}", row.stream_type, row.event_type);
        assert_eq!(message.subject.as_str(), subject);
    }
    messages.len()
}
