//! Web Push, against a real push service: what browsers get, what only they can read, and where nothing is sent.

mod crash;
mod delivery;
mod forbidden;
mod nodes;
mod notifications;
mod privacy;
mod receiver;
mod registering;
mod trouble;

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use infrastructure::push::{Notice, Status, Urgency, status};
use reqwest::Method;
use reqwest::header::USER_AGENT;
use serde_json::{Value, json};
use tests::desk::{Answer, NOTIFICATIONS, Somebody, TestDesk};
use tests::postgres::TestDatabase;
use uuid::Uuid;

use self::receiver::Receiver;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
const PATH: &str = "/api/v1/notifications/push-subscriptions";
/// What lets push services on this machine be sent to.
const SETTINGS: [(&str, &str); 1] = [("PUSH_ALLOWED_NETWORKS", "127.0.0.0/8, ::1")];
/// The browser of RFC 8291, section 5.
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const DEVICE: &str = "Hushed-Browser/9.9";

/// A desk with a requester and a push service on this machine.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    service: Receiver,
}

impl Scene {
    async fn set() -> Self {
        Self::with(Receiver::start().await).await
    }

    /// The same, where people are told of what happens.
    async fn telling() -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &[SETTINGS[0], (NOTIFICATIONS, "on")]).await;
        let ada = desk.user().await;
        Self { desk, ada, service: Receiver::start().await }
    }

    async fn with(service: Receiver) -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &SETTINGS).await;
        let ada = desk.user().await;
        Self { desk, ada, service }
    }

    /// Registers the browser `name` of `who` and gives its id.
    async fn browser(&self, who: &Somebody, name: &str) -> Uuid {
        let added = register(&self.desk, who, &self.service.url(name)).await.expect(201).body;
        added["id"].as_str().expect("an id").parse().expect("an id")
    }

    /// The browsers of `who`, as they see them.
    async fn browsers(&self, who: &Somebody) -> Vec<Value> {
        let listed = self.desk.get(who, PATH).await.expect(200).body;
        listed["subscriptions"].as_array().expect("a list").clone()
    }

    /// Puts `notice` into the queue for `who`.
    async fn tell(&self, who: &Somebody, notice: &Notice) {
        tell(&self.desk, who, notice).await;
    }

    /// Waits until the queue is as it should be.
    async fn until(&self, is_so: impl Fn(&Status) -> bool) -> Status {
        until(&self.desk, is_so).await
    }

    /// Makes whatever waits for its next try due now.
    async fn hurry(&self) {
        for statement in [
            "update desk.push_subscriptions set quiet_until = now()",
            "update desk.outgoing_push set next_attempt_at = now() where state = 'pending'",
        ] {
            sqlx::query(statement).execute(self.desk.desk.pool()).await.expect("updated");
        }
    }

    /// A number that `query` counts.
    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.desk.desk.pool()).await.expect("a count")
    }
}

/// What a browser at `endpoint` gives as its registration.
fn registration(endpoint: &str) -> Value {
    json!({ "endpoint": endpoint, "expirationTime": null, "keys": { "p256dh": P256DH, "auth": AUTH } })
}

async fn register(desk: &TestDesk, who: &Somebody, endpoint: &str) -> Answer {
    let request = desk.request(Some(who), Method::POST, PATH).header(USER_AGENT, DEVICE);
    desk.send(request.json(&registration(endpoint))).await
}

async fn tell(desk: &TestDesk, who: &Somebody, notice: &Notice) {
    let prepared = desk.desk.push.prepare(who.id, notice).await.expect("prepared");
    let mut connection = desk.desk.pool().acquire().await.expect("a connection");
    prepared.put(&mut connection).await.expect("put");
    desk.desk.push.wake();
}

async fn until(desk: &TestDesk, is_so: impl Fn(&Status) -> bool) -> Status {
    let started = Instant::now();
    loop {
        let status = status(desk.desk.pool()).await.expect("a status");
        if is_so(&status) {
            return status;
        }
        assert!(started.elapsed() < PATIENCE, "{status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A notice that says `body`.
fn notice(body: &str) -> Notice {
    Notice {
        id: Uuid::now_v7(),
        title: "Your ticket".to_owned(),
        body: body.to_owned(),
        tag: Some("TKT-1".to_owned()),
        url: Some("/tickets/TKT-1".to_owned()),
        data: json!({ "number": 7 }),
        urgency: Urgency::High,
        topic: Some("TKT-1".to_owned()),
        good_until: Utc::now() + TimeDelta::hours(1),
        quotes: vec![],
    }
}
