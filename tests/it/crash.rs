//! `kill -9`: of the server and of PostgreSQL, over and over, while people write.
//!
//! A writer that got no answer sends the same request again under the same idempotency key, as a program
//! would. In the end every acknowledged write is in the log once, and every read model equals a fold.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use infrastructure::config::{Config, Overrides};
use infrastructure::private_postgres::PrivatePostgres;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Connection as _;
use tests::desk::assert_sound;
use tests::process::{free_port, scratch};
use tests::server::Server;
use tokio::task::JoinHandle;
use uuid::Uuid;

const WRITERS: usize = 8;
const KILLS: usize = 25;

/// What the writers and the disaster know of each other.
#[derive(Default)]
struct AtWork {
    stop: AtomicBool,
    acknowledged: AtomicUsize,
}

impl AtWork {
    /// Waits until so many more writes were acknowledged.
    async fn until_more(&self, writes: usize) {
        let wanted = self.acknowledged.load(Ordering::Relaxed) + writes;
        let started = Instant::now();
        while self.acknowledged.load(Ordering::Relaxed) < wanted {
            assert!(started.elapsed() < Duration::from_mins(3), "nothing is acknowledged any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// What the desk acknowledged, by idempotency key.
type Journal = HashMap<String, Value>;

/// Somebody who files tickets and writes on them until told to stop, and never gives up on a request.
async fn write(base: String, token: String, at_work: Arc<AtWork>) -> (Journal, Journal) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
    let (mut tickets, mut messages) = (Journal::new(), Journal::new());
    while !at_work.stop.load(Ordering::Relaxed) {
        let key = Uuid::new_v4().to_string();
        let body =
            json!({ "title": "Written while everything falls over", "description": key, "department": "IT" });
        let ticket = until_answered(&client, &format!("{base}/api/v1/tickets"), &token, &key, &body).await;
        let path = format!("{base}/api/v1/tickets/{}/messages", ticket["ticket_id"].as_str().expect("an id"));
        tickets.insert(key, ticket);
        at_work.acknowledged.fetch_add(1, Ordering::Relaxed);
        for _ in 0..3 {
            let key = Uuid::new_v4().to_string();
            let message = until_answered(&client, &path, &token, &key, &json!({ "content": key })).await;
            messages.insert(key, message);
            at_work.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
    (tickets, messages)
}

/// Sends the request until it has an answer that is not "try again".
async fn until_answered(client: &reqwest::Client, url: &str, token: &str, key: &str, body: &Value) -> Value {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < Duration::from_mins(3), "no answer for three minutes");
        let sent = client.post(url).bearer_auth(token).header("Idempotency-Key", key).json(body).send().await;
        if let Ok(response) = sent {
            let status = response.status();
            let answer: Option<Value> = response.json().await.ok();
            match (status, answer) {
                (StatusCode::CREATED, Some(answer)) => return answer,
                // Not visible yet, in flight, the database is away, or the answer was cut off in the middle.
                (StatusCode::ACCEPTED | StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE, _)
                | (StatusCode::CREATED, None) => {}
                (status, answer) => panic!("{status}: {answer:?}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets `disaster` happen [`KILLS`] times while people write, then checks everything.
async fn survive(name: &str, disaster: impl AsyncFn(&mut Server)) {
    let data = scratch(name);
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let token = server.sign_in().await;
    let at_work = Arc::<AtWork>::default();
    let writers: Vec<JoinHandle<(Journal, Journal)>> = (0..WRITERS)
        .map(|_| tokio::spawn(write(server.base(), token.clone(), Arc::clone(&at_work))))
        .collect();
    for round in 0..KILLS {
        // In the middle of writes, and not always at the same point of what is under way.
        at_work.until_more(WRITERS).await;
        tokio::time::sleep(Duration::from_millis(7 * (round as u64 % 11))).await;
        disaster(&mut server).await;
        server.ready().await;
    }
    at_work.stop.store(true, Ordering::Relaxed);
    let (mut tickets, mut messages) = (Journal::new(), Journal::new());
    for writer in writers {
        let (filed, written) = writer.await.expect("no writer gives up");
        tickets.extend(filed);
        messages.extend(written);
    }
    let written = tickets.len() + messages.len();
    assert!(written >= KILLS * WRITERS, "people wrote between the kills: {written}");
    server.stop();
    check(data.path(), &tickets, &messages).await;
    eprintln!(
        "{name}: {KILLS} kills, {} tickets and {} messages acknowledged",
        tickets.len(),
        messages.len()
    );
}

/// Every acknowledged write is there once; nothing else is; the read models equal a fold.
async fn check(data: &Path, tickets: &Journal, messages: &Journal) {
    let postgres = PrivatePostgres::open(data).await.expect("PostgreSQL starts");
    let secret =
        |name: &str| std::fs::read_to_string(data.join("secrets").join(name)).expect(name).trim().to_owned();
    let (jwt, master) = (secret("jwt_secret"), secret("master_key"));
    assert_eq!(base64::engine::general_purpose::STANDARD.decode(&master).map(|key| key.len()), Ok(32));
    let environment = move |name: &str| match name {
        "JWT_SECRET" => Some(jwt.clone()),
        "MASTER_KEY" => Some(master.clone()),
        _ => None,
    };
    let config = Config::read(&environment, None, Overrides::default()).expect("a configuration");
    let (desk, running) = api::Desk::open(config, postgres.connect_options()).await.expect("a desk");
    assert_sound(&desk).await;

    let mut connection =
        sqlx::PgConnection::connect_with(&postgres.connect_options()).await.expect("connected");
    for (table, written) in [("ticket_page", tickets), ("ticket_messages", messages)] {
        let text = if table == "ticket_page" { "description" } else { "content" };
        let stored: Vec<(Uuid, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("select id, {text} from read.{table}")))
                .fetch_all(&mut connection)
                .await
                .expect("readable");
        assert_eq!(stored.len(), written.len(), "{table}: what was acknowledged, and nothing else");
        for (id, key) in stored {
            let acknowledged =
                &written.get(&key).unwrap_or_else(|| panic!("{key} was never acknowledged"))["id"];
            assert_eq!(acknowledged.as_str(), Some(id.to_string().as_str()), "{key}");
        }
    }
    connection.close().await.expect("closed");
    running.stop().await;
    drop(desk);
    postgres.close().await.expect("stopped");
}

/// PostgreSQL's processes get `signal`: the postmaster and all it started.
fn signal_postgres(data: &Path, signal: Signal) {
    let pid = std::fs::read_to_string(data.join("postgres/postmaster.pid")).expect("a pid file");
    let postmaster = pid.lines().next().expect("a pid").to_owned();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        let name = entry.file_name().into_string().unwrap_or_default();
        if (parent == Some(&postmaster) || name == postmaster)
            && let Ok(pid) = name.parse()
        {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

/// A database that says nothing is worse than one that is gone: nobody waits for it, and when it wakes up the
/// desk goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_paused_database_is_answered_503_within_two_seconds() {
    let data = scratch("pause");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let token = server.sign_in().await;
    let client = reqwest::Client::new();
    let tickets = format!("{}/api/v1/tickets", server.base());
    let body = json!({ "title": "Is anybody there", "description": "Hello?" });
    let file =
        || client.post(&tickets).bearer_auth(&token).header("Idempotency-Key", "pause").json(&body).send();

    signal_postgres(data.path(), Signal::SIGSTOP);
    for round in 0..3 {
        let started = Instant::now();
        let (listed, filed) = tokio::join!(client.get(&tickets).bearer_auth(&token).send(), file());
        for answer in [listed.expect("an answer"), filed.expect("an answer")] {
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key("retry-after"));
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["error"]["code"], "DB_ERROR");
        }
        assert!(started.elapsed() < Duration::from_secs(2), "round {round}: {:?}", started.elapsed());
    }
    let healthy = reqwest::get(format!("{}/health", server.base())).await.expect("an answer");
    assert_eq!(healthy.status(), StatusCode::OK, "the process itself is well");

    signal_postgres(data.path(), Signal::SIGCONT);
    server.ready().await;
    until_answered(&client, &tickets, &token, "pause", &body).await; // it goes on by itself
    let listed: Value =
        client.get(&tickets).bearer_auth(&token).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(listed["total_count"], 1, "and what was sent four times is there once");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_the_server_loses_and_doubles_nothing() {
    survive("kill-server", async |server| server.kill_and_restart()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_postgresql_loses_and_doubles_nothing() {
    survive("kill-postgres", async |server| server.kill_postgres().await).await;
}
