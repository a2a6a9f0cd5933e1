//! The language model, where the desk's own models are in doubt: what it is asked, what its answer may do, and that nobody waits
//! for it.

mod answers;
mod drafts;
mod hostile;
mod off;
mod privacy;
mod restarts;
mod trouble;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TRIAGE, TestDesk};
use tests::language_server::LanguageServer;
use tests::postgres::TestDatabase;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const TICKETS: &str = "/api/v1/tickets";
/// What the desk's own models cannot say whether it is misuse,
const DOUBTFUL: (&str, &str) =
    ("Forward", "Please forward this to everybody: limited offer, free phones for employees, reply now.");
/// and what they cannot say whose work it is.
const NOBODYS: (&str, &str) =
    ("Coffee machine", "The coffee machine in the kitchen on the third floor leaks.");

/// A desk that asks a language model.
struct Scene {
    desk: TestDesk,
    server: LanguageServer,
    ada: Somebody,
    admin: Somebody,
}

impl Scene {
    /// One whose model answers with `values`, asked as `OpenAI` is.
    async fn set(values: Value) -> Self {
        let server = LanguageServer::start(values).await;
        let settings = server.as_openai();
        Self::with(server, settings).await
    }

    async fn with(server: LanguageServer, settings: Vec<(&'static str, String)>) -> Self {
        let always =
            [(TRIAGE, "on"), ("TICKETS_PER_DAY", "1000")].map(|(name, value)| (name, value.to_owned()));
        let all: Vec<(&str, String)> = settings.into_iter().chain(always).collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let desk = TestDesk::with(TestDatabase::create().await, &all).await;
        let (ada, admin) = (desk.user().await, desk.admin().await);
        Self { desk, server, ada, admin }
    }

    async fn file(&self, (title, description): (&str, &str)) -> Value {
        let answer = self.try_to_file((title, description)).await;
        answer.expect(201).body
    }

    async fn try_to_file(&self, (title, description): (&str, &str)) -> Answer {
        let body = json!({ "title": title, "description": description });
        self.desk.post(&self.ada, TICKETS, body).await
    }

    /// A ticket, with all that happened to it by now.
    async fn shown(&self, ticket: &Value) -> Value {
        let query = format!("{}?min_position={}", path(ticket), self.desk.head().await);
        self.desk.get(&self.admin, &query).await.expect(200).body
    }

    /// The events of a ticket: type, door and what they say.
    async fn events(&self, ticket: &Value) -> Vec<(String, String, Value)> {
        let head = self.desk.head().await;
        let path = format!("{}/events?min_position={head}", path(ticket));
        let answer = self.desk.get(&self.admin, &path).await.expect(200);
        let events = answer.body["events"].as_array().expect("events").iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        events.map(|event| (text(&event["type"]), text(&event["via"]), event["data"].clone())).collect()
    }

    /// Waits until the language model's conclusion is there; gives the events that it came as, by type.
    async fn concluded(&self, ticket: &Value) -> Vec<(String, Value)> {
        let started = Instant::now();
        loop {
            let events = self.events(ticket).await;
            let said: Vec<(String, Value)> = events
                .into_iter()
                .filter(|(_, via, _)| via == "second_opinion")
                .map(|(name, _, data)| (name.rsplit('.').next().unwrap_or_default().to_owned(), data))
                .collect();
            if !said.is_empty() {
                return said;
            }
            assert!(started.elapsed() < PATIENCE, "nothing is concluded");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing happens by itself any more.
    async fn quiet(&self) {
        let started = Instant::now();
        loop {
            let head = self.desk.head().await;
            let handlers = infrastructure::handler::status(self.desk.desk.pool()).await.expect("a status");
            assert!(handlers.iter().all(|one| one.parked == 0), "{handlers:?}");
            if handlers.iter().all(|one| one.position >= head) && self.desk.head().await == head {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{handlers:?} of {head}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What readiness says of the language model.
    async fn status(&self) -> Value {
        let answer = self.desk.send(self.desk.request(None, reqwest::Method::GET, "/health/ready")).await;
        answer.expect(200).body["language_model"].clone()
    }

    /// Waits until it is left alone; gives how long that took.
    async fn until_left_alone(&self) -> Duration {
        let started = Instant::now();
        while self.status().await["state"] != "open" {
            assert!(started.elapsed() < PATIENCE, "it is asked for ever");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        started.elapsed()
    }

    async fn end(self) {
        self.quiet().await;
        self.desk.assert_sound().await;
        self.desk.close().await;
    }
}

fn path(ticket: &Value) -> String {
    format!("{TICKETS}/{}", ticket["ticket_id"].as_str().expect("an id"))
}

fn types(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}
