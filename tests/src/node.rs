//! A desk as a process of its own on a database of a test, to be killed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::desk::JWT_SECRET;
use crate::postgres::{MASTER_KEY, TestDatabase, url};
use crate::process::{Binary, UNLIMITED, free_port};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// A desk as a process of its own; it ends with the test.
pub struct Node {
    process: Child,
    port: u16,
}

impl Node {
    /// Starts one on `database` with these `settings`, and waits until it is ready. What it logs is in `log` in `folder`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(database: &TestDatabase, folder: &TempDir, settings: &[(&str, String)]) -> Self {
        let port = free_port();
        let key = base64::engine::general_purpose::STANDARD.encode(MASTER_KEY);
        let log = std::fs::File::options().create(true).append(true).open(folder.path().join("log"));
        let process = Command::new(Binary::path())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(folder.path())
            .env("DATABASE_URL", url(&database.options))
            .env("JWT_SECRET", JWT_SECRET)
            .env("MASTER_KEY", key)
            .env("ADMIN_PASSWORD", "a password for the crash test")
            .envs(UNLIMITED)
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
            .stdout(Stdio::null())
            .stderr(log.expect("a log"))
            .spawn();
        let mut node = Self { process: process.expect("it starts"), port };
        node.ready().await;
        node
    }

    async fn ready(&mut self) {
        let started = Instant::now();
        loop {
            let answer = reqwest::get(format!("http://127.0.0.1:{}/health/ready", self.port)).await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            let ended = self.process.try_wait().expect("a process");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
