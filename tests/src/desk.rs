//! A whole desk on a fresh database, served over HTTP on a free port.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use api::{Desk, Running};
use application::{NewEntry, NewUser, Request};
use chrono::Utc;
use domain::access::{Department, Role};
use domain::catalogue::values::{DetailChanges, EntryKind};
use domain::id::{EntryId, UserId};
use domain::user::values::{EmailAddress, Username};
use infrastructure::config::{Config, Overrides};
use infrastructure::projection::{differences, status};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::mails::Mail;
use crate::postgres::{MASTER_KEY, TestDatabase, the_desk};
use crate::process::{UNLIMITED, scratch};

/// The secret that every test desk signs tokens with.
pub const JWT_SECRET: &str = "a secret of at least thirty-two bytes";
/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse battery";

/// The variable that says whether people are told of what happens.
pub const NOTIFICATIONS: &str = "NOTIFICATIONS";
/// The variable that says whether new tickets are screened, routed and handed out: `on` or `off`.
pub const TRIAGE: &str = "TRIAGE";
/// The variable that says when the desk looks for misuse by itself.
pub const MISUSE_SCHEDULE: &str = "MISUSE_SCHEDULE";

/// The variable that says how many connections requests and handlers share.
pub const CONNECTIONS: &str = "DATABASE_CONNECTIONS";

/// A whole desk, served over HTTP.
pub struct TestDesk {
    /// The desk.
    pub desk: Desk,
    /// Its database.
    pub database: TestDatabase,
    address: SocketAddr,
    client: reqwest::Client,
    stop: CancellationToken,
    running: Option<Running>,
    data: TempDir,
}

/// Somebody with an account and a token.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// Who.
    pub id: UserId,
    /// As what.
    pub role: Role,
    /// The token they are signed in with.
    pub token: String,
}

/// An answer: status, headers and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // A stream of events does not end by itself.
        let is_endless = kind.starts_with("text/event-stream");
        let body = if is_endless { String::new() } else { response.text().await.unwrap_or_default() };
        Self { status, headers, body: serde_json::from_str(&body).unwrap_or(Value::Null) }
    }

    /// The code of the error in the body; empty without one.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// A header's text; empty without it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer, having checked its status.
    ///
    /// # Panics
    /// If it is another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }
}

impl TestDesk {
    /// A desk on a fresh database.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn open() -> Self {
        Self::on(TestDatabase::create().await).await
    }

    /// The same for very many who come at once: with as many connections as desks have otherwise.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn for_crowds() -> Self {
        Self::with(TestDatabase::create().await, &[(CONNECTIONS, "16")]).await
    }

    /// A desk on `database`: one of several nodes, if others are open on it.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    /// A desk on `database` with more `settings`, by variable. Nobody is told of anything unless [`NOTIFICATIONS`] is on, and
    /// nothing happens to a ticket by itself unless [`TRIAGE`] is, nor is misuse looked for unless [`MISUSE_SCHEDULE`] says
    /// when: most tests look at what follows from what they do. It has few [`CONNECTIONS`], each of which costs PostgreSQL
    /// more than most tests do.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn with(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let data = scratch("desk");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let public_url = format!("http://{address}");
        let mut settings = settings.to_vec();
        let quiet = [(NOTIFICATIONS, "off"), (TRIAGE, "off"), (MISUSE_SCHEDULE, "off"), (CONNECTIONS, "10")];
        for otherwise in [("PUBLIC_URL", &*public_url)].into_iter().chain(quiet) {
            if !settings.iter().any(|(name, _)| *name == otherwise.0) {
                settings.push(otherwise);
            }
        }
        let config = config(&settings, data.path());
        let (desk, running) = Desk::open(config, database.options.clone()).await.expect("a desk");
        desk.ensure_departments().await.expect("departments");
        let stop = CancellationToken::new();
        tokio::spawn(api::serve(desk.clone(), listener, stop.clone()));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { desk, database, address, client, stop, running: Some(running), data }
    }

    /// The address of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A new account of `role` with a token; agents of role `agent` work for `departments`.
    ///
    /// # Panics
    /// If the account is refused.
    pub async fn somebody(&self, role: Role, departments: &[&str]) -> Somebody {
        for department in departments {
            self.department(department).await;
        }
        let id = UserId(Uuid::now_v7());
        let name = format!("{}-{}", role.as_str().replace('_', "-"), id.0.simple());
        let new = NewUser {
            id,
            username: Username::parse(&name).expect("a name"),
            email: EmailAddress::parse(&format!("{name}@example.com")).expect("an address"),
            role,
            departments: departments.iter().map(|code| code.parse::<Department>().expect("a code")).collect(),
        };
        let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
        let (_, done) = self.desk.commands.create_user(&request, new).await.expect("an account");
        let position = done.position().expect("an event");
        assert!(self.desk.visible.wait(position, Duration::from_secs(10)).await, "visible");
        let hour = Duration::from_hours(1);
        let (token, _) = self.desk.tokens.issue(id, role, Utc::now(), hour);
        Somebody { id, role, token }
    }

    /// Sees to it that there is a department `code`.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn department(&self, code: &str) {
        let department: Department = code.parse().expect("a code");
        if self.desk.commands.has_department(&department).await.expect("readable") {
            return;
        }
        let new = NewEntry {
            id: EntryId(Uuid::now_v7()),
            kind: EntryKind::Department,
            code: department.into(),
            name: code.to_owned(),
            details: DetailChanges::default(),
        };
        let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
        let _ = self.desk.commands.add_entry(&request, new).await.expect("a department");
    }

    /// A requester.
    pub async fn user(&self) -> Somebody {
        self.somebody(Role::User, &[]).await
    }

    /// An agent of the department IT.
    pub async fn it_agent(&self) -> Somebody {
        self.somebody(Role::ItAgent, &[]).await
    }

    /// An agent of the department HR.
    pub async fn hr_agent(&self) -> Somebody {
        self.somebody(Role::HrAgent, &[]).await
    }

    /// An administrator.
    pub async fn admin(&self) -> Somebody {
        self.somebody(Role::Admin, &[]).await
    }

    /// A request by `who`, to be completed.
    pub fn request(&self, who: Option<&Somebody>, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, self.url(path));
        match who {
            Some(who) => request.bearer_auth(&who.token),
            None => request,
        }
    }

    /// Sends a completed request.
    ///
    /// # Panics
    /// If the desk does not answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// What `who` reads at `path`.
    pub async fn get(&self, who: &Somebody, path: &str) -> Answer {
        self.send(self.request(Some(who), Method::GET, path)).await
    }

    /// What `who` gets for `body` at `path`.
    pub async fn post(&self, who: &Somebody, path: &str, body: Value) -> Answer {
        self.send(self.request(Some(who), Method::POST, path).json(&body)).await
    }

    /// A ticket of `requester`, filed with `department`.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn ticket(&self, requester: &Somebody, department: Option<&str>) -> Value {
        let mut body =
            json!({ "title": "The printer prints blank pages", "description": "Since this morning." });
        if let Some(department) = department {
            body["department"] = department.into();
        }
        self.post(requester, "/api/v1/tickets", body).await.expect(201).body
    }

    /// The data directory, with the folder `mail`.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Waits until `count` mails were sent to `address`, where no server is set; all of them, the oldest first.
    ///
    /// # Panics
    /// If that takes half a minute.
    pub async fn mails_to(&self, address: &str, count: usize) -> Vec<Mail> {
        let started = Instant::now();
        loop {
            let mut mails = Mail::in_folder(self.data());
            mails.retain(|mail| mail.header("To") == address);
            if mails.len() >= count {
                return mails;
            }
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{} of {count} mails were sent",
                mails.len()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many events the log has.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn head(&self) -> i64 {
        self.desk.log.head().await.expect("a head")
    }

    /// How many events the log has that followed from decisions, and are not only what was noted or told of people.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn decided(&self) -> i64 {
        sqlx::query_scalar(
            "select count(*) from ledger.events where stream_type not in ('activity', 'notification')",
        )
        .fetch_one(self.desk.pool())
        .await
        .expect("a count")
    }

    /// Checks that the log is sound and every read model equals a fold from the first event.
    ///
    /// # Panics
    /// If not.
    pub async fn assert_sound(&self) {
        assert_sound(&self.desk).await;
    }

    /// Another node on the same database, to be closed before this one.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn another_node(&self) -> Self {
        Self::on(TestDatabase::at(self.database.options.clone())).await
    }

    /// Stops the desk in order.
    ///
    /// # Panics
    /// If it was stopped before.
    pub async fn close(mut self) -> TestDatabase {
        self.stop.cancel();
        let stopping = self.running.take().expect("running").stop();
        tokio::time::timeout(Duration::from_mins(1), stopping).await.expect("the desk stops");
        self.database
    }
}

/// How long read models may take to be where they should be.
const PATIENCE: Duration = Duration::from_secs(30);

/// Checks that the log of `desk` is sound and every read model equals a fold from the first event.
///
/// # Panics
/// If not.
pub async fn assert_sound(desk: &Desk) {
    let head = desk.log.head().await.expect("a head");
    assert!(desk.visible.wait(head, PATIENCE).await, "the read models catch up with {head}");
    let verified = desk.log.verify().await.expect("readable");
    assert_eq!((verified.events, verified.fault), (head, None));
    for model in projections::all() {
        let began = Instant::now();
        let compared = loop {
            match differences(&desk.database, &desk.log, &model).await {
                // The end of a purge has it a moment longer than it says.
                Err(busy) if busy.to_string().contains("already") && began.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                compared => break compared.expect("comparable"),
            }
        };
        for (table, rows) in compared {
            assert_eq!(rows, 0, "{table} differs from a fold from the first event");
        }
    }
    for model in status(desk.pool()).await.expect("a status") {
        assert_eq!(model.parked, 0, "{} parked events", model.model);
    }
}

/// The configuration of every test desk, and `settings`.
fn config(settings: &[(&str, &str)], data: &Path) -> Config {
    use base64::Engine as _;
    let master_key = base64::engine::general_purpose::STANDARD.encode(MASTER_KEY);
    let environment = |name: &str| match name {
        "JWT_SECRET" => Some(JWT_SECRET.to_owned()),
        "MASTER_KEY" => Some(master_key.clone()),
        "DATABASE_URL" => Some("postgres://unused".to_owned()),
        "DATA_DIR" => Some(data.display().to_string()),
        name => {
            let set = settings.iter().chain(&UNLIMITED).find(|(set, _)| *set == name);
            set.map(|(_, value)| (*value).to_owned())
        }
    };
    Config::read(&environment, None, Overrides::default()).expect("a configuration")
}
