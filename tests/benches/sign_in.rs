//! How many people can sign in at a time, and what do all others notice of it?
//!
//! `cargo bench -p tests --bench sign_in [-- --seconds 10]` serves a desk over HTTP and reads ticket lists with it,
//! first while nobody signs in and then while as many sign in as can.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;
use tests::desk::{PASSWORD, Somebody, TestDesk};
use tests::load::closed_loop;
use tests::postgres::TestDatabase;

/// How many read lists at a time, and how many sign in.
const READERS: usize = 4;
const SIGNING_IN: usize = 16;
const PEOPLE: usize = 50;
const TICKETS: usize = 200;
/// Far above what the benchmark asks for.
const UNLIMITED: &[(&str, &str)] = &[
    ("RATE_LIMIT_MAX_REQUESTS", "1000000"),
    ("RATE_LIMIT_MAX_REQUESTS_STAFF", "1000000"),
    ("TICKETS_PER_DAY", "1000000"),
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let at = arguments.iter().position(|argument| argument == "--seconds");
    let seconds =
        at.and_then(|at| arguments.get(at + 1)).map_or(10, |n| n.parse().expect("a number of seconds"));
    let time = (Duration::from_secs(1), Duration::from_secs(seconds));
    let desk = Arc::new(TestDesk::with(TestDatabase::create().await, UNLIMITED).await);
    let agent = fill(&desk).await;

    say("| case | callers | per second | p50 ms | p99 ms | p99 / p50 |\n|---|---|---|---|---|---|");
    let alone = read(&desk, &agent, "ticket list, nobody signs in", time).await;
    say(&alone);
    let flood = Flood::begin(&desk, time.0 + time.1 + Duration::from_secs(2));
    let beside = read(&desk, &agent, "ticket list, all sign in", time).await;
    say(&beside);
    say(&flood.end().await);
    ExitCode::SUCCESS
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// People with passwords, tickets, and an agent who reads them.
async fn fill(desk: &TestDesk) -> Somebody {
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    for number in 0..PEOPLE {
        let name = format!("person-{number}");
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "role": "user", "password": PASSWORD,
        });
        let _ = desk.post(&admin, "/api/v1/users", body).await.expect(201);
    }
    let user = desk.user().await;
    for _ in 0..TICKETS {
        desk.ticket(&user, Some("IT")).await;
    }
    agent
}

async fn read(desk: &Arc<TestDesk>, agent: &Somebody, case: &str, time: (Duration, Duration)) -> String {
    let url = desk.url("/api/v1/tickets");
    let measured = closed_loop(case, READERS, time, |_| {
        let (client, url, token) = (Client::new(), url.clone(), agent.token.clone());
        move || {
            let request = client.get(&url).bearer_auth(&token);
            async move {
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::OK);
                answer.bytes().await.expect("a body");
            }
        }
    });
    measured.await.row()
}

/// People who sign in over and over.
struct Flood {
    began: Instant,
    done: Arc<AtomicU64>,
    busy: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<Duration>>,
}

impl Flood {
    fn begin(desk: &Arc<TestDesk>, lasts: Duration) -> Self {
        let (done, busy) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let began = Instant::now();
        let tasks = (0..SIGNING_IN).map(|caller| {
            let (done, busy, url) = (Arc::clone(&done), Arc::clone(&busy), desk.url("/api/v1/auth/login"));
            tokio::spawn(async move {
                let (client, mut longest) = (Client::new(), Duration::ZERO);
                for turn in 0.. {
                    if began.elapsed() > lasts {
                        break;
                    }
                    let name = format!("person-{}", (caller + turn * SIGNING_IN) % PEOPLE);
                    let body = json!({ "username": name, "password": PASSWORD });
                    let sent = Instant::now();
                    match client.post(&url).json(&body).send().await.expect("an answer").status() {
                        StatusCode::OK => done.fetch_add(1, Ordering::Relaxed),
                        StatusCode::SERVICE_UNAVAILABLE => busy.fetch_add(1, Ordering::Relaxed),
                        other => panic!("{other}"),
                    };
                    longest = longest.max(sent.elapsed());
                }
                longest
            })
        });
        Self { began, tasks: tasks.collect(), done, busy }
    }

    async fn end(self) -> String {
        let mut longest = Duration::ZERO;
        for task in self.tasks {
            longest = longest.max(task.await.expect("no caller panics"));
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let per_second = self.done.load(Ordering::Relaxed) as f64 / self.began.elapsed().as_secs_f64();
        format!(
            "\n{SIGNING_IN} at a time signed in {per_second:.1} times a second; the slowest took {:.0} ms, {} were told \
             to come back.",
            longest.as_secs_f64() * 1_000.0,
            self.busy.load(Ordering::Relaxed),
        )
    }
}
