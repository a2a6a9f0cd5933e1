//! The release binary, serving a desk on its private PostgreSQL: what benchmarks measure over HTTP.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::process::{Binary, UNLIMITED, free_port};

const ADMIN_PASSWORD: &str = "a password for the benchmark";

/// A desk that is served by a process of its own, until this is dropped.
pub struct Served {
    process: Child,
    /// Where it is.
    pub base: String,
    /// What asks it.
    pub client: Client,
}

impl Served {
    /// A desk in `data`, with more `arguments` and `settings`, once it is ready.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let process = Command::new(Binary::release())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(data)
            .args(arguments)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .envs(UNLIMITED)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(data.join("serve.log")).expect("a log"))
            .spawn()
            .expect("the server starts");
        let desk = Self { process, base: format!("http://127.0.0.1:{port}"), client: Client::new() };
        let started = Instant::now();
        let ready = format!("{}/health/ready", desk.base);
        while !reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(started.elapsed() < Duration::from_mins(2), "the server does not become ready");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        desk
    }

    /// A token of the administrator.
    ///
    /// # Panics
    /// If they cannot sign in.
    pub async fn admin(&self) -> String {
        self.sign_in("admin", ADMIN_PASSWORD).await
    }

    /// A token of whoever has this name and password.
    ///
    /// # Panics
    /// If they cannot sign in.
    pub async fn sign_in(&self, username: &str, password: &str) -> String {
        let login = json!({ "username": username, "password": password });
        let pair = self.ask("", "/api/v1/auth/login", &login).await;
        pair["access_token"].as_str().expect("a token").to_owned()
    }

    /// What `token`'s person gets for `body` at `path`.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn ask(&self, token: &str, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(token).json(body);
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The bytes that the server has in memory.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn memory(&self) -> usize {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1_024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}
