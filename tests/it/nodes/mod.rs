//! Several `ledgerdesk serve` on one PostgreSQL: one keeps the read models, all answer as one.

mod owners;
mod reading;

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::desk::JWT_SECRET;
use tests::postgres::{MASTER_KEY, TestDatabase, url};
use tests::process::{Binary, UNLIMITED, free_port, scratch};
use uuid::Uuid;

const NODES: usize = 3;
const PATIENCE: Duration = Duration::from_mins(1);
const ADMIN_PASSWORD: &str = "a password for the test of nodes";

/// A node: a process of its own.
struct Node {
    process: Child,
    port: u16,
}

impl Node {
    fn start(test: &TestDatabase, folder: &TempDir, port: u16) -> Self {
        let log = File::options().create(true).append(true).open(folder.path().join(format!("{port}.log")));
        let process = Command::new(Binary::path())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .env("DATABASE_URL", url(&test.options))
            .env("JWT_SECRET", JWT_SECRET)
            .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .envs(UNLIMITED)
            .env("DATA_DIR", folder.path())
            .stdout(Stdio::null())
            .stderr(log.expect("a log"))
            .spawn()
            .expect("the server starts");
        Self { process, port }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("signalled");
    }

    /// Waits until it serves.
    async fn ready(&mut self) {
        let started = Instant::now();
        loop {
            let answer = reqwest::get(self.url("/health/ready")).await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            let ended = self.process.try_wait().expect("a process");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many read models it says that it keeps.
    async fn kept(&self) -> usize {
        let Ok(answer) = reqwest::get(self.url("/metrics")).await else { return 0 };
        let text = answer.text().await.unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("ledgerdesk_projections_kept "));
        line.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Three nodes on one database.
struct Cluster {
    nodes: Vec<Node>,
    test: TestDatabase,
    folder: TempDir,
    token: String,
}

impl Cluster {
    /// All nodes started at the same moment on an empty database.
    async fn start() -> Self {
        let (test, folder) = (TestDatabase::empty().await, scratch("nodes"));
        let mut nodes: Vec<Node> = (0..NODES).map(|_| Node::start(&test, &folder, free_port())).collect();
        for node in &mut nodes {
            node.ready().await;
        }
        let body = json!({ "username": "admin", "password": ADMIN_PASSWORD });
        let login = Client::new().post(nodes[0].url("/api/v1/auth/login")).json(&body).send().await;
        let login: Value = login.expect("an answer").json().await.expect("JSON");
        let token = login["access_token"].as_str().expect("a token").to_owned();
        Self { nodes, test, folder, token }
    }

    /// Waits until the nodes other than `not` keep all read models between them; which keeps most.
    async fn owner(&self, not: Option<usize>) -> usize {
        let started = Instant::now();
        loop {
            let mut kept = Vec::new();
            for (index, node) in self.nodes.iter().enumerate() {
                if Some(index) != not {
                    kept.push((node.kept().await, index));
                }
            }
            if kept.iter().map(|(models, _)| models).sum::<usize>() == projections::all().len() {
                return kept.into_iter().max().expect("nodes").1;
            }
            assert!(started.elapsed() < PATIENCE, "nobody keeps the read models");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts a node again in the place of one that ended.
    async fn replace(&mut self, index: usize) {
        self.nodes[index] = Node::start(&self.test, &self.folder, free_port());
        self.nodes[index].ready().await;
    }

    /// Ends all nodes in order and gives the database.
    fn stop(self) -> TestDatabase {
        let Self { mut nodes, test, .. } = self;
        for node in &nodes {
            node.signal(Signal::SIGTERM);
        }
        for node in &mut nodes {
            assert!(node.process.wait().expect("ended").success());
        }
        test
    }
}

/// Files a ticket at `node`: its id, and the position of its event if it is visible.
async fn file(client: &Client, node: &str, token: &str) -> Option<(String, i64)> {
    let body = json!({ "title": "Which node am I on", "description": "And who keeps the read models?" });
    let sent = client.post(format!("{node}/api/v1/tickets")).bearer_auth(token).json(&body);
    let answer = sent.header("Idempotency-Key", Uuid::new_v4().to_string()).send().await.ok()?;
    let position = answer.headers().get("x-ledger-position")?.to_str().ok()?.parse().ok()?;
    let (status, body) = (answer.status(), answer.json::<Value>().await.ok()?);
    match status {
        StatusCode::CREATED => Some((body["ticket_id"].as_str().expect("an id").to_owned(), position)),
        // Accepted, and not visible in time: another node is taking over.
        StatusCode::ACCEPTED => None,
        status => panic!("{status}: {body}"),
    }
}
