//! The server as a process of its own, to be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::process::{Binary, UNLIMITED};
use crate::watch::Watched;

const ADMIN_PASSWORD: &str = "a password for the crash test";

/// The server as a process of its own on a data folder of its own.
pub struct Server {
    process: Child,
    data: PathBuf,
    port: u16,
    _watched: Watched,
}

impl Server {
    /// Starts it on the data folder `data`; what it logs is in `serve.log` there.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(data: &Path, port: u16) -> Self {
        let log =
            std::fs::File::options().create(true).append(true).open(data.join("serve.log")).expect("a log");
        let process = Command::new(Binary::path())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(data)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .envs(UNLIMITED)
            // What is killed and started again is what the tests do, and nothing that follows by itself.
            .env("TRIAGE", "off")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        Self { process, data: data.to_owned(), port, _watched: Watched::begin() }
    }

    /// Where it answers.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    /// If that takes three minutes, or it ended: with what it answered and logged last.
    pub async fn ready(&mut self) {
        let started = Instant::now();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().expect("a client");
        loop {
            let healthy = client.get(format!("{}/health/ready", self.base())).send().await;
            if healthy.as_ref().is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            let ended = self.process.try_wait().expect("a process");
            if ended.is_some() || started.elapsed() > Duration::from_mins(3) {
                let answer = match healthy {
                    Ok(answer) => answer.text().await,
                    Err(error) => Err(error),
                };
                panic!("not ready, {ended:?}; it answers {answer:?} and says: {}", self.said_last());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A token of the administrator.
    ///
    /// # Panics
    /// If the sign-in is refused.
    pub async fn sign_in(&self) -> String {
        let answer = reqwest::Client::new()
            .post(format!("{}/api/v1/auth/login", self.base()))
            .json(&json!({ "username": "admin", "password": ADMIN_PASSWORD }))
            .send()
            .await
            .expect("an answer");
        let body: Value = answer.json().await.expect("JSON");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// How many KiB it has in memory.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }

    /// `kill -9`, and another one on the same folder and port.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill_and_restart(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
        *self = Self::start(&self.data, self.port);
    }

    /// `kill -9` of its PostgreSQL, as soon as one runs.
    ///
    /// # Panics
    /// If none runs for a minute.
    pub async fn kill_postgres(&self) {
        let started = Instant::now();
        loop {
            if let Some(pid) = self.postmaster() {
                let _ = kill(pid, Signal::SIGKILL);
                return;
            }
            assert!(started.elapsed() < Duration::from_mins(1), "no PostgreSQL: {}", self.said_last());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The process that its PostgreSQL's pid file names, if that is one: numbers are used again.
    fn postmaster(&self) -> Option<Pid> {
        let cluster = self.data.join("postgres").canonicalize().ok()?;
        let content = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let pid: i32 = content.lines().next()?.parse().ok()?;
        let works_in = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        (works_in == cluster).then(|| Pid::from_raw(pid))
    }

    /// Stops it in order.
    ///
    /// # Panics
    /// If it ends in another way.
    pub fn stop(&mut self) {
        let pid = i32::try_from(self.process.id()).expect("a pid");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("told to stop");
        let status = self.process.wait().expect("ended");
        assert!(status.success(), "{status}; it says: {}", self.said_last());
    }

    /// The last lines it logged, besides those of requests.
    fn said_last(&self) -> String {
        let log = std::fs::read_to_string(self.data.join("serve.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("request_id")).collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}
