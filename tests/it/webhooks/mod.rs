//! Outgoing webhooks, against a real receiver: what it is sent, in which order, how often, and where nothing is sent.

mod forbidden;
mod nodes;
mod outage;
mod privacy;
pub(crate) mod receiver;
mod replays;
mod rules;
mod signatures;
mod trouble;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

use self::receiver::{Received, Receiver};

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
const WEBHOOKS: &str = "/api/v1/webhooks";
/// Where a desk may send besides public addresses.
const NETWORKS: &str = "WEBHOOK_ALLOWED_NETWORKS";
/// What lets receivers on this machine be sent to, and tickets be filed as needed.
const SETTINGS: [(&str, &str); 2] = [(NETWORKS, "127.0.0.0/8, ::1"), ("TICKETS_PER_DAY", "1000")];

/// A desk with an administrator, a requester, and a receiver on this machine.
struct Scene {
    desk: TestDesk,
    admin: Somebody,
    user: Somebody,
    receiver: Receiver,
}

/// A webhook as it was added.
struct Added {
    id: String,
    secret: String,
}

impl Added {
    fn path(&self, rest: &str) -> String {
        format!("{WEBHOOKS}/{}{rest}", self.id)
    }
}

impl Scene {
    async fn set() -> Self {
        Self::with(Receiver::start().await).await
    }

    async fn with(receiver: Receiver) -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &SETTINGS).await;
        let (admin, user) = (desk.admin().await, desk.user().await);
        Self { desk, admin, user, receiver }
    }

    /// Adds a webhook to the receiver that is told of tickets as `more` says besides.
    async fn webhook(&self, more: Value) -> Added {
        let mut body = json!({ "url": self.receiver.url() });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let added = self.desk.post(&self.admin, WEBHOOKS, body).await.expect(201).body;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Added { id: text(&added["webhook"]["id"]), secret: text(&added["secret"]) }
    }

    /// Files a ticket and gives its id.
    async fn ticket(&self) -> String {
        let ticket = self.desk.ticket(&self.user, Some("IT")).await;
        ticket["ticket_id"].as_str().expect("an id").to_owned()
    }

    /// Writes on `ticket`.
    async fn say(&self, ticket: &str, text: &str) {
        let path = format!("/api/v1/tickets/{ticket}/messages");
        let _ = self.desk.post(&self.user, &path, json!({ "content": text })).await.expect(201);
    }

    /// The deliveries of `webhook`, the newest first.
    async fn deliveries(&self, webhook: &Added, query: &str) -> Vec<Value> {
        let path = webhook.path(&format!("/deliveries?limit=100{query}"));
        let page = self.desk.get(&self.admin, &path).await.expect(200).body;
        page["deliveries"].as_array().expect("a list").clone()
    }

    /// Waits until the newest delivery of `webhook` is as it should be.
    async fn newest(&self, webhook: &Added, is_so: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let newest = self.deliveries(webhook, "").await.first().cloned().unwrap_or_default();
            if is_so(&newest) {
                return newest;
            }
            assert!(started.elapsed() < PATIENCE, "{newest}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What `webhook` is, as administrators are shown it.
    async fn shown(&self, webhook: &Added) -> Value {
        self.desk.get(&self.admin, &webhook.path("")).await.expect(200).body
    }

    async fn patch(&self, webhook: &Added, body: Value) -> Answer {
        let request = self.desk.request(Some(&self.admin), Method::PATCH, &webhook.path(""));
        self.desk.send(request.json(&body)).await
    }

    /// Changes the rows of what waits, as `set` says in SQL.
    async fn waiting(&self, set: &'static str) {
        let update = format!("update desk.webhook_deliveries set {set} where state = 'pending'");
        sqlx::query(sqlx::AssertSqlSafe(update)).execute(self.desk.desk.pool()).await.expect("updated");
    }

    /// A number that `query` counts.
    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.desk.desk.pool()).await.expect("a count")
    }

    /// Waits until the number that `query` counts is as it should be.
    async fn until(&self, query: &'static str, is_so: impl Fn(i64) -> bool) -> i64 {
        let started = Instant::now();
        loop {
            let count = self.count(query).await;
            if is_so(count) {
                return count;
            }
            assert!(started.elapsed() < PATIENCE, "{count}: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The ids of all events of `tickets`, sorted.
    async fn ids(&self, tickets: &[String]) -> Vec<String> {
        ids(&self.desk, &self.admin, tickets).await
    }
}

/// The ids of all events of `tickets`, sorted.
async fn ids(desk: &TestDesk, admin: &Somebody, tickets: &[String]) -> Vec<String> {
    let path = format!("/api/v1/events?limit=1000&streams={}", tickets.join(","));
    let page = desk.get(admin, &path).await.expect(200).body;
    let events = page["events"].as_array().expect("events").iter();
    let mut ids: Vec<String> = events.map(|event| event["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort_unstable();
    ids
}

/// The ids of `messages`, sorted.
fn ids_of(messages: &[Received]) -> Vec<String> {
    let mut ids: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
    ids.sort_unstable();
    ids
}

/// Checks that `messages` came in the order of the log within each ticket, repetitions of the last one aside.
fn assert_in_order(messages: &[Received]) {
    let mut last: HashMap<String, i64> = HashMap::new();
    for message in messages {
        let (ticket, position) = message.place();
        let before = last.insert(ticket, position).unwrap_or_default();
        assert!(before <= position, "position {position} came behind {before}");
    }
}
