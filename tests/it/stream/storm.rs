//! Ten readers of every kind, killed and resumed two hundred times while others write: each sees 1 … n.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tests::appends::{accepted, append, new_stream, on};
use tests::desk::{Somebody, TestDesk};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::client::Follower;
use super::wire::Wire;
use super::{EVENTS, STREAM, positions, story};

const KILLS: usize = 200;

/// How a reader reads.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Long polls, keeping a number.
    Numbers,
    /// Long polls, keeping a cursor.
    Cursors,
    /// Server-sent events.
    Live { ids: &'static str },
    /// Long polls as a durable consumer.
    DurablePolls,
    /// Server-sent events as a durable consumer.
    DurableLive,
}

const KINDS: [Kind; 10] = [
    Kind::Numbers,
    Kind::Cursors,
    Kind::Live { ids: "position" },
    Kind::Live { ids: "cursor" },
    Kind::DurablePolls,
    Kind::DurableLive,
    Kind::Cursors,
    Kind::Live { ids: "position" },
    Kind::DurablePolls,
    Kind::DurableLive,
];

/// What a reader keeps when it is killed, as a program would in its database.
#[derive(Default)]
struct Kept {
    seen: Vec<i64>,
    place: Option<String>,
    wrong: Vec<String>,
}

impl Kept {
    /// Takes an event; a durable consumer may get one again that it did not acknowledge.
    fn take(&mut self, position: i64, may_come_again: bool) {
        let last = self.seen.last().copied().unwrap_or_default();
        if may_come_again && position <= last {
            return;
        }
        if position != last + 1 {
            self.wrong.push(format!("{position} after {last}"));
        }
        self.seen.push(position);
    }

    fn take_all(&mut self, page: &Value, may_come_again: bool) {
        for position in positions(page) {
            self.take(position, may_come_again);
        }
    }
}

#[derive(Clone)]
struct Reader {
    kind: Kind,
    name: String,
    wire: Arc<Wire>,
    client: Client,
    token: String,
    kept: Arc<Mutex<Kept>>,
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Reader {
    async fn new(number: usize, kind: Kind, desk: SocketAddr, admin: &Somebody) -> Self {
        let client = Client::builder().timeout(Duration::from_mins(1)).build().expect("a client");
        let (wire, kept) = (Arc::new(Wire::to(desk).await), Arc::default());
        Self { kind, name: format!("reader-{number}"), wire, client, token: admin.token.clone(), kept }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.wire.address)).bearer_auth(&self.token)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic")
    }

    fn place(&self) -> String {
        self.kept().place.clone().unwrap_or_else(|| "0".to_owned())
    }

    /// Reads until it is killed; starts again when the wire is cut.
    async fn run(self) {
        loop {
            let broken = match self.kind {
                Kind::Numbers | Kind::Cursors => self.poll().await,
                Kind::Live { ids } => self.follow(ids).await,
                Kind::DurablePolls => self.poll_durably().await,
                Kind::DurableLive => self.follow_durably().await,
            };
            if broken.is_err() {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn page(&self, query: &str) -> Result<Value, Broken> {
        let request = self.request(Method::GET, &format!("{EVENTS}?{query}&wait=5&limit=50"));
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn poll(&self) -> Result<(), Broken> {
        let page = self.page(&format!("after={}", self.place())).await?;
        let mut kept = self.kept();
        kept.take_all(&page, false);
        let place = if self.kind == Kind::Numbers { page["next_after"].to_string() } else { cursor(&page) };
        kept.place = Some(place);
        Ok(())
    }

    async fn follow(&self, ids: &str) -> Result<(), Broken> {
        let request = self.request(Method::GET, &format!("{STREAM}?after=0&ids={ids}"));
        let place = self.place();
        let response = request.header("last-event-id", place).send().await?.error_for_status()?;
        let mut follower = Follower::of(response);
        while let Some(frame) = follower.frame().await {
            if let (Some(id), Some(data)) = (frame.id, frame.data) {
                let mut kept = self.kept();
                kept.take(data["pos"].as_i64().expect("a position"), false);
                kept.place = Some(id);
            }
        }
        Ok(())
    }

    async fn poll_durably(&self) -> Result<(), Broken> {
        let page = self.page(&format!("consumer={}", self.name)).await?;
        self.kept().take_all(&page, true);
        self.ack(&json!({ "cursor": cursor(&page) })).await
    }

    async fn follow_durably(&self) -> Result<(), Broken> {
        let request = self.request(Method::GET, &format!("{STREAM}?consumer={}", self.name));
        let mut follower = Follower::of(request.send().await?.error_for_status()?);
        while let Some(frame) = follower.frame().await {
            let Some(data) = frame.data else { continue };
            let position = data["pos"].as_i64().expect("a position");
            self.kept().take(position, true);
            if position % 10 == 0 {
                self.ack(&json!({ "pos": position })).await?;
            }
        }
        Ok(())
    }

    async fn ack(&self, body: &Value) -> Result<(), Broken> {
        let path = format!("/api/v1/consumers/{}/ack", self.name);
        self.request(Method::POST, &path).json(body).send().await?.error_for_status()?;
        Ok(())
    }
}

fn cursor(page: &Value) -> String {
    page["cursor"].as_str().expect("a cursor").to_owned()
}

/// Writes blocks of one to five events until told to stop.
async fn keep_writing(desk: &TestDesk, stop: &CancellationToken) {
    let mut count = 0;
    while !stop.is_cancelled() {
        count = count % 5 + 1;
        let block = append(vec![on(new_stream(), 0, story(count))]);
        accepted(&desk.desk.log, block).await;
        tokio::time::sleep(Duration::from_millis(12)).await;
    }
}

/// Kills or cuts off readers at random and lets them go on.
async fn disturb(readers: &[Reader], running: &mut [JoinHandle<()>]) {
    for _ in 0..KILLS {
        let [which, how, pause, ..] = *Uuid::new_v4().as_bytes();
        let which = usize::from(which) % readers.len();
        if how % 3 == 0 {
            readers[which].wire.cut();
        } else {
            running[which].abort();
            tokio::time::sleep(Duration::from_millis(u64::from(pause % 32))).await;
            running[which] = tokio::spawn(readers[which].clone().run());
        }
        tokio::time::sleep(Duration::from_millis(u64::from(pause % 64))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_killed_two_hundred_times_each_see_every_event_once_in_order() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let address = desk.url("").trim_start_matches("http://").parse().expect("an address");
    let mut readers = Vec::new();
    for (number, kind) in KINDS.into_iter().enumerate() {
        let reader = Reader::new(number, kind, address, &admin).await;
        let path = format!("/api/v1/consumers/{}", reader.name);
        let _ = desk.send(desk.request(Some(&admin), Method::PUT, &path).json(&json!({}))).await.expect(201);
        readers.push(reader);
    }
    let mut running: Vec<_> = readers.iter().map(|reader| tokio::spawn(reader.clone().run())).collect();
    let stop = CancellationToken::new();
    let disturbing = async {
        disturb(&readers, &mut running).await;
        stop.cancel();
    };
    tokio::join!(disturbing, keep_writing(&desk, &stop), keep_writing(&desk, &stop));
    let head = desk.head().await;
    let wanted = usize::try_from(head).expect("a count");
    let deadline = Instant::now() + Duration::from_secs(30);
    while readers.iter().any(|reader| reader.kept().seen.len() < wanted) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.iter().for_each(JoinHandle::abort);
    for reader in &readers {
        let kept = reader.kept();
        assert_eq!(kept.wrong, Vec::<String>::new(), "{} {:?}", reader.name, reader.kind);
        assert!(
            kept.seen.iter().copied().eq(1..=head),
            "{} {:?}: {}",
            reader.name,
            reader.kind,
            kept.seen.len()
        );
    }
    assert!(head > 200, "there was something to see: {head}");
    desk.close().await;
}
