//! CPU per request, server plus database, and response times over HTTP, at a small and at a large desk.
//!
//! `cargo bench -p tests --bench http [-- --tickets 1000,100000 --seconds 10 --connections 8]` starts the
//! release binary with its private PostgreSQL on a fresh folder for each size, fills it through the command
//! side, and lets wrk (from the system's packages) send requests. Server,
//! PostgreSQL and wrk share the machine; CPU is read from /proc and counts server and PostgreSQL only.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::process::{Binary, UNLIMITED, free_port, scratch};

const ADMIN_PASSWORD: &str = "a password for the benchmark";
/// What the issue asks for: CPU milliseconds per request.
const CASES: [(&str, f64); 4] = [("create", 1.0), ("read", 0.3), ("list 25", 0.5), ("reply", 1.0)];

struct Options {
    tickets: Vec<usize>,
    seconds: u64,
    connections: usize,
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, otherwise: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(otherwise, String::as_str).to_owned()
    };
    Options {
        tickets: value("--tickets", "1000,100000").split(',').map(|n| n.parse().expect("a number")).collect(),
        seconds: value("--seconds", "10").parse().expect("seconds"),
        connections: value("--connections", "8").parse().expect("connections"),
    }
}

#[tokio::main]
async fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let options = options();
    say(
        "| tickets | request | per second | CPU ms: server | CPU ms: database | CPU ms: both | asked | p50 ms | p99 ms |",
    );
    say("|---|---|---|---|---|---|---|---|---|");
    let mut results: Vec<Vec<f64>> = Vec::new();
    for tickets in &options.tickets {
        results.push(measure(&options, *tickets).await);
    }
    if let [smallest, .., largest] = &results[..] {
        say("\n| request | CPU of the largest desk / CPU of the smallest | asked |\n|---|---|---|");
        for ((case, _), (small, large)) in CASES.iter().zip(smallest.iter().zip(largest)) {
            say(&format!("| {case} | {:.2} | <= 1.3 |", large / small));
        }
    }
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// Fills a desk with so many tickets and measures every case; gives the CPU per request of each.
async fn measure(options: &Options, tickets: usize) -> Vec<f64> {
    let data = scratch("bench");
    fill(data.path(), tickets);
    let desk = Desk::start(data.path()).await;
    let token = desk.sign_in().await;
    let pages = desk.paths(&token, "", tickets.min(5_000)).await;
    // Not on closed ones, which take no answers; and as many at every desk, for replies come where work is.
    let active = desk.paths(&token, "&status=assigned,in_progress", 200).await;
    let messages: Vec<String> = active.iter().map(|page| format!("{page}/messages")).collect();
    let ticket = json!({ "title": "The printer prints blank pages since this morning",
        "description": "Whatever I print and from whichever program: blank. We need it at noon.", "department": "IT" });
    let message = json!({ "content": "Have you tried the driver from the list of approved software?" });
    let list = vec!["/api/v1/tickets?limit=25".to_owned()];
    let create = vec!["/api/v1/tickets".to_owned()];
    let mut cpu = Vec::new();
    for ((case, asked), (method, paths, body)) in CASES.iter().zip([
        ("POST", &create, Some(ticket)),
        ("GET", &pages, None),
        ("GET", &list, None),
        ("POST", &messages, Some(message)),
    ]) {
        let file = data.path().join("paths");
        std::fs::write(&file, paths.join("\n")).expect("written");
        let _ = desk.load(options, 2, method, &token, &file, body.as_ref()); // warm up
        let before = desk.cpu();
        let seen = desk.load(options, options.seconds, method, &token, &file, body.as_ref());
        let after = desk.cpu();
        let requests = seen["requests"].as_f64().expect("a number");
        assert_eq!((&seen["refused"], &seen["broken"]), (&json!(0), &json!(0)), "{case}: {seen}");
        let per_request = |seconds: f64| seconds * 1_000.0 / requests;
        let (server, database) = (per_request(after.0 - before.0), per_request(after.1 - before.1));
        let mut row =
            format!("| {tickets} | {case} | {:.0} |", requests / seen["seconds"].as_f64().expect("a number"));
        let _ = write!(row, " {server:.3} | {database:.3} | {:.3} | <= {asked} |", server + database);
        let _ = write!(
            row,
            " {:.2} | {:.2} |",
            seen["p50_ms"].as_f64().expect("ms"),
            seen["p99_ms"].as_f64().expect("ms")
        );
        say(&row);
        cpu.push(server + database);
    }
    cpu
}

/// So many tickets of invented texts, through the command side.
fn fill(data: &Path, tickets: usize) {
    const WORDS: [&str; 16] = [
        "printer", "password", "monitor", "access", "shared", "folder", "laptop", "slow", "cannot", "open",
        "please", "reset", "meeting", "room", "update", "account",
    ];
    let mut rows = "text,label\n".to_owned();
    for number in 0..tickets {
        let words: Vec<&str> =
            (0..24).map(|at| WORDS[(number * 7 + at * at * 3 + number / 16) % WORDS.len()]).collect();
        let label = if number % 5 == 0 { "HR Support" } else { "Hardware" };
        let _ = writeln!(rows, "{} {number},{label}", words.join(" "));
    }
    let csv = data.join("tickets.csv");
    std::fs::write(&csv, rows).expect("written");
    let filled = Command::new(Binary::release())
        .args(["demo", "--from"])
        .arg(&csv)
        .args(["--tickets", &tickets.to_string(), "--data-dir"])
        .arg(data)
        .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
        .stdout(Stdio::null())
        .status()
        .expect("the binary runs");
    assert!(filled.success(), "the desk was not filled");
}

struct Desk {
    process: Child,
    data: PathBuf,
    base: String,
}

impl Desk {
    async fn start(data: &Path) -> Self {
        let port = free_port();
        let process = Command::new(Binary::release())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(data)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("RUST_LOG", "info")
            .envs(UNLIMITED)
            .stderr(std::fs::File::create(data.join("serve.log")).expect("a log"))
            .spawn()
            .expect("the server starts");
        let desk = Self { process, data: data.to_owned(), base: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        while !desk.has_caught_up().await {
            assert!(started.elapsed() < Duration::from_mins(10), "the server does not become ready");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        desk
    }

    /// Whether it answers and its read models show everything.
    async fn has_caught_up(&self) -> bool {
        let Ok(answer) = reqwest::get(format!("{}/health/ready", self.base)).await else { return false };
        let ready: Value = answer.json().await.unwrap_or_default();
        let projections = ready["projections"].as_array().map(Vec::as_slice).unwrap_or_default();
        !projections.is_empty() && projections.iter().all(|model| model["lag_events"] == 0)
    }

    async fn sign_in(&self) -> String {
        let body = json!({ "username": "admin", "password": ADMIN_PASSWORD });
        let answer =
            reqwest::Client::new().post(format!("{}/api/v1/auth/login", self.base)).json(&body).send().await;
        let body: Value = answer.expect("an answer").json().await.expect("JSON");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// The paths of so many tickets that fit `filter`, newest first.
    async fn paths(&self, token: &str, filter: &str, count: usize) -> Vec<String> {
        let client = reqwest::Client::new();
        let mut paths = Vec::new();
        let mut next = Some(String::new());
        while let (Some(cursor), true) = (&next, paths.len() < count) {
            let url = format!("{}/api/v1/tickets?limit=100{filter}{cursor}", self.base);
            let page: Value = client
                .get(url)
                .bearer_auth(token)
                .send()
                .await
                .expect("an answer")
                .json()
                .await
                .expect("JSON");
            let tickets = page["tickets"].as_array().expect("tickets");
            paths.extend(
                tickets
                    .iter()
                    .map(|t| format!("/api/v1/tickets/{}", t["ticket_id"].as_str().expect("an id"))),
            );
            next = page["pagination"]["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
        }
        paths
    }

    fn load(
        &self,
        options: &Options,
        seconds: u64,
        method: &str,
        token: &str,
        paths: &Path,
        body: Option<&Value>,
    ) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/load/request.lua");
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--timeout", "10s", "--script", script])
            .args(["--connections", &options.connections.to_string(), "--duration", &format!("{seconds}s")])
            .args([&self.base, "--", method, token])
            .arg(paths)
            .args(body.map(ToString::to_string));
        let output = wrk.output().expect("wrk runs: apt-get install wrk");
        let text = String::from_utf8(output.stdout).expect("text");
        let line = text.lines().rfind(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{text}"));
        serde_json::from_str(line).expect("JSON")
    }

    /// CPU seconds used so far by the server and by PostgreSQL.
    fn cpu(&self) -> (f64, f64) {
        let pid = std::fs::read_to_string(self.data.join("postgres/postmaster.pid")).expect("a pid file");
        let postmaster: u32 = pid.lines().next().and_then(|line| line.parse().ok()).expect("a pid");
        let mut database = cpu_of(postmaster).map_or(0.0, |(own, _)| own);
        for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            database += cpu_of(pid).filter(|(_, parent)| *parent == postmaster).map_or(0.0, |(own, _)| own);
        }
        (cpu_of(self.process.id()).map_or(0.0, |(own, _)| own), database)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// CPU seconds of a process and of its children that ended, and its parent.
fn cpu_of(pid: u32) -> Option<(f64, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields[11..15].iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some((ticks / 100.0, fields[1].parse().ok()?)) // a tick is 10 ms on every Linux
}
