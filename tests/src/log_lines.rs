//! What a server wrote about itself, and what must never be in it: secrets, and anything about people.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Binary, free_port, scratch};

/// The password of the administrator of a [`Talkative`] server.
pub const ADMIN_PASSWORD: &str = "quite unguessable admin words";
/// Our own crates in full, the others as usual.
const FILTER: &str =
    "info,api=trace,application=trace,domain=trace,infrastructure=trace,projections=trace,ledgerdesk=trace";
const PATIENCE: Duration = Duration::from_mins(1);

/// What must not be in any line of a log.
#[derive(Debug, Default)]
pub struct Hush(Vec<String>);

impl Hush {
    /// From now on `text` must not be there: a secret, a name, an address, what somebody wrote. Gives it back.
    ///
    /// # Panics
    /// If it is too short.
    pub fn never<'t>(&mut self, text: &'t str) -> &'t str {
        assert!(text.len() >= 4, "{text:?} would be found by chance");
        self.0.push(text.to_lowercase());
        text
    }

    /// The tokens in an answer must not be there, either.
    pub fn tokens(&mut self, answer: &Value) {
        for field in ["access_token", "refresh_token"] {
            if let Some(token) = answer[field].as_str() {
                self.never(token);
                // A part would do for whoever can read on elsewhere.
                self.never(&token[..token.len() / 2]);
            }
        }
    }

    /// Checks what was written to `path`: no line has anything of this in it; gives how many of them are lines of the log,
    /// which are JSON, unlike the greeting at the start.
    ///
    /// # Panics
    /// If not.
    #[must_use]
    pub fn check(&self, path: &Path) -> usize {
        let log = std::fs::read_to_string(path).expect("a log");
        for line in log.lines() {
            let (written, shown) = (line.to_lowercase(), line.replace("\\\"", "\"").to_lowercase());
            for text in &self.0 {
                assert!(!written.contains(text) && !shown.contains(text), "{text} is in the log: {line}");
            }
        }
        log.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count()
    }
}

/// A server of its own that logs all it can as JSON.
pub struct Talkative {
    process: Child,
    folder: TempDir,
    port: u16,
    /// What must not be in its log.
    pub hush: Hush,
}

impl Talkative {
    /// Starts it and waits until it serves.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start() -> Self {
        let (folder, port) = (scratch("log"), free_port());
        let log = std::fs::File::create(folder.path().join("serve.log")).expect("a log");
        let process = Command::new(Binary::path())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(folder.path())
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("RUST_LOG", FILTER)
            .env("LOG_FORMAT", "json")
            .env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("PUSH_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut server = Self { process, folder, port, hush: Hush::default() };
        server.hush.never(ADMIN_PASSWORD);
        let started = Instant::now();
        while !reqwest::get(server.url("/health/ready"))
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            assert!(started.elapsed() < PATIENCE, "it is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// The address of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends `body` to `path` with `client`, whose tokens from then on must not be in the log; gives status and body.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn ask(
        &mut self,
        (client, token): (&Client, Option<&str>),
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = client.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.timeout(PATIENCE).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default();
        self.hush.tokens(&body);
        (status, body)
    }

    /// Stops it in order and checks its whole log, and the generated secrets beside it; gives how many lines.
    ///
    /// # Panics
    /// If something is in the log that must not be.
    #[must_use]
    pub fn stop(mut self) -> usize {
        let pid = i32::try_from(self.process.id()).expect("a pid");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("told to stop");
        assert!(self.process.wait().expect("ended").success());
        for file in std::fs::read_dir(self.folder.path()).expect("a folder").flatten() {
            if file.path().is_file() && file.file_name() != "serve.log" {
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                for secret in text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '=')) {
                    if secret.len() >= 24 {
                        self.hush.never(secret);
                    }
                }
            }
        }
        self.hush.check(&self.folder.path().join("serve.log"))
    }
}

impl Drop for Talkative {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}
