//! Appends per second, side by side with the limit without batching and with postgres-es.
//!
//! `cargo bench -p tests --bench append [-- --seconds 5 --callers 1,16,64,256 --no-peer]` prints a Markdown
//! table and, on its last line, the ratios that docs/benchmarks.md asks for. One PostgreSQL serves all,
//! durability at its defaults; the cases of one number of callers follow one another, so that they share the
//! machine's mood.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use application::ledger::{Append, Claim, ClaimKind, Ledger, StreamAppend};
use application::{Commands, NewMessage, Request};
use chrono::Utc;
use domain::id::{MessageId, TicketId, UserId};
use infrastructure::log::PgLog;
use infrastructure::projection::{Runner, Visible};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor as _, PgPool};
use tests::appends::{append, created, new_stream, on};
use tests::load::{Measured, closed_loop};
use tests::postgres::{TestDatabase, the_desk};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

struct Options {
    callers: Vec<usize>,
    time: (Duration, Duration),
    peer: bool,
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let callers = value("--callers").unwrap_or_else(|| "1,16,64,256".to_owned());
    let seconds = value("--seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(5);
    Options {
        callers: callers.split(',').map(|number| number.parse().expect("a number of callers")).collect(),
        time: (Duration::from_secs(1), Duration::from_secs(seconds)),
        peer: !arguments.iter().any(|argument| argument == "--no-peer"),
    }
}

#[tokio::main]
async fn main() {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let options = options();
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let mut results = Vec::new();
    say("| case | callers | per second | p50 ms | p99 ms | p99 / p50 |\n|---|---|---|---|---|---|");
    for callers in &options.callers {
        let mut measured = vec![plain_insert(&test, *callers, options.time).await];
        measured.push(appends("append to a new stream", &log, *callers, options.time, Case::New).await);
        measured.push(appends("append to a stream of 5", &log, *callers, options.time, Case::Existing).await);
        measured
            .push(appends("append with a unique claim", &log, *callers, options.time, Case::Claiming).await);
        measured.push(whole_path(&test, &log, *callers, options.time).await);
        if options.peer {
            measured.extend(postgres_es(&test, *callers, options.time.1));
        }
        for line in measured {
            say(&line.row());
            results.push(line);
        }
    }
    ratios(&results);
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// The limit without batching: one row, one commit, no check, no index.
async fn plain_insert(test: &TestDatabase, callers: usize, time: (Duration, Duration)) -> Measured {
    let connections = u32::try_from(callers.min(64)).expect("few");
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .connect_with(test.options.clone())
        .await
        .expect("a pool");
    pool.execute(
        "drop table if exists plain;
         create table plain (position bigserial, stream_id uuid not null, version integer not null,
                             event_type text not null, recorded_at timestamptz not null default now(),
                             payload json not null)",
    )
    .await
    .expect("a table");
    let payload =
        Arc::new(serde_json::json!({ "title": "x".repeat(70), "description": "y".repeat(300) }).to_string());
    closed_loop("(a) plain INSERT, COMMIT", callers, time, |_| {
        let (pool, payload) = (pool.clone(), Arc::clone(&payload));
        move || insert(pool.clone(), Arc::clone(&payload))
    })
    .await
}

async fn insert(pool: PgPool, payload: Arc<String>) {
    sqlx::query("insert into plain (stream_id, version, event_type, payload) values ($1, 1, 'TicketCreated', $2::text::json)")
        .bind(Uuid::now_v7())
        .bind(payload.as_str())
        .execute(&pool)
        .await
        .expect("inserted");
}

#[derive(Clone, Copy)]
enum Case {
    New,
    Existing,
    Claiming,
}

/// Our append with everything on: command id with a fingerprint, sealing, hashing, the block chain.
async fn appends(
    name: &str,
    log: &Arc<PgLog>,
    callers: usize,
    time: (Duration, Duration),
    case: Case,
) -> Measured {
    let requester = UserId(Uuid::now_v7());
    let streams =
        if matches!(case, Case::Existing) { prefilled(log, callers, requester).await } else { Vec::new() };
    let streams: Vec<Vec<StreamAppend>> =
        if streams.is_empty() { vec![Vec::new(); callers] } else { streams };
    closed_loop(name, callers, time, |caller| {
        let log = Arc::clone(log);
        let mut mine = streams[caller].clone();
        let mut turn = 0;
        move || {
            let part = match mine.len() {
                0 => on(new_stream(), 0, vec![created(requester)]),
                streams => {
                    turn = (turn + 1) % streams;
                    let part = mine[turn].clone();
                    mine[turn].expected += 1;
                    part
                }
            };
            let holder = part.stream;
            let mut append: Append = append(vec![part]);
            append.fingerprint = Some([7; 32]);
            if matches!(case, Case::Claiming) {
                append.claims.push(Claim { kind: ClaimKind::Email, value: holder.to_string(), holder });
            }
            let log = Arc::clone(&log);
            async move {
                log.append(append).await.expect("accepted");
            }
        }
    })
    .await
}

/// Streams of five events, a thousand in all, shared out among the callers.
async fn prefilled(log: &Arc<PgLog>, callers: usize, requester: UserId) -> Vec<Vec<StreamAppend>> {
    let each = (1_000 / callers).max(4);
    let filling = (0..callers).map(|_| async move {
        let mut mine = Vec::with_capacity(each);
        for _ in 0..each {
            let part = on(new_stream(), 0, vec![created(requester); 5]);
            log.append(append(vec![part.clone()])).await.expect("accepted");
            mine.push(StreamAppend { expected: 5, events: vec![created(requester).into()], ..part });
        }
        mine
    });
    futures::future::join_all(filling).await
}

/// Command → load → decide → append → read models visible: a reply on one of many tickets.
async fn whole_path(
    test: &TestDatabase,
    log: &Arc<PgLog>,
    callers: usize,
    time: (Duration, Duration),
) -> Measured {
    let runner = Runner::new(Arc::clone(log), test.database.clone(), projections::all());
    let (visible, stop) = (runner.visible(), CancellationToken::new());
    let running = tokio::spawn(runner.run(stop.clone()));
    let commands = Arc::new(Commands::new(Arc::clone(log) as Arc<dyn Ledger>));
    let tickets: Vec<TicketId> = prefilled_tickets(&commands, 1_000).await;
    assert!(visible.wait(log.head().await.expect("a head"), Duration::from_mins(5)).await, "caught up");
    let tickets = Arc::new(tickets);
    let measured = closed_loop("command to visible read models", callers, time, |caller| {
        let (commands, visible, tickets) = (Arc::clone(&commands), visible.clone(), Arc::clone(&tickets));
        let mut turn = caller;
        move || {
            turn += callers;
            reply(Arc::clone(&commands), visible.clone(), tickets[turn % tickets.len()])
        }
    })
    .await;
    stop.cancel();
    running.await.expect("the runner stops");
    measured
}

fn request() -> Request {
    Request { fingerprint: Some([7; 32]), ..Request::once(the_desk(), Utc::now(), "bench", Uuid::now_v7()) }
}

async fn prefilled_tickets(commands: &Arc<Commands>, count: usize) -> Vec<TicketId> {
    let requester = UserId(Uuid::now_v7());
    let creating = (0..count).map(|_| async move {
        let new = application::NewTicket {
            id: TicketId::of_stream(new_stream()),
            report: domain::ticket::Report {
                requester,
                title: "The printer prints blank pages".to_owned(),
                description: "Since this morning, whatever I print.".to_owned(),
                ..domain::ticket::Report::default()
            },
            per_day: 5,
            attachments: vec![],
        };
        commands.create_ticket(&request(), new).await.expect("created").0
    });
    futures::future::join_all(creating).await
}

async fn reply(commands: Arc<Commands>, visible: Visible, ticket: TicketId) {
    let new = NewMessage {
        id: MessageId(Uuid::now_v7()),
        content: "Have you tried the driver from the list of approved software? It was renewed yesterday, and the \
                  pages came out right on the three machines we tried it on. If it does not help, please send the \
                  test page and the name of the printer, and we will come and have a look before noon."
            .to_owned(),
        ..NewMessage::default()
    };
    let (_, done) = commands.post_message(&request(), ticket, new).await.expect("posted");
    let position = done.position().expect("an event");
    assert!(visible.wait(position, Duration::from_secs(10)).await, "visible");
}

/// The peer, built in a workspace of its own, against the same server.
fn postgres_es(test: &TestDatabase, callers: usize, measured: Duration) -> Vec<Measured> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/postgres-es/Cargo.toml");
    let output = std::process::Command::new(env!("CARGO"))
        .args(["run", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--"])
        .args(["--callers", &callers.to_string(), "--seconds", &measured.as_secs().to_string()])
        .env("DATABASE_URL", tests::postgres::url(&test.options))
        .env_remove("CARGO_TARGET_DIR")
        .stderr(Stdio::inherit())
        .output()
        .expect("the peer runs");
    assert!(output.status.success(), "the peer failed");
    let printed = String::from_utf8(output.stdout).expect("text");
    printed
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            let number = |name: &str| line[name].as_f64().unwrap_or(f64::NAN);
            Measured {
                case: format!("(b) postgres-es, {} aggregate", line["case"].as_str().unwrap_or("?")),
                callers,
                per_second: number("per_second"),
                p50_ms: number("p50_ms"),
                p99_ms: number("p99_ms"),
            }
        })
        .collect()
}

/// What docs/benchmarks.md asks for, as far as the cases were run.
fn ratios(results: &[Measured]) {
    let find = |case: &str, callers: usize| {
        results.iter().find(|line| line.case.contains(case) && line.callers == callers)
    };
    let rate = |case: &str, callers: usize| find(case, callers).map(|line| line.per_second);
    let ratio = |a: Option<f64>, b: Option<f64>| {
        a.zip(b).map_or_else(|| "not run".to_owned(), |(a, b)| format!("{:.2}", a / b))
    };
    say("\n| what | asked | new stream | stream of 5 | with a claim |\n|---|---|---|---|---|");
    let ours = ["new stream", "stream of 5", "unique claim"];
    for (what, asked, callers, against, at) in [
        ("1 caller / (a)", ">= 0.4", 1, "plain INSERT", 1),
        ("64 callers / (a)", ">= 1", 64, "plain INSERT", 64),
        ("256 callers / (a) at 64", ">= 1.2", 256, "plain INSERT", 64),
        ("64 callers / (b) existing", ">= 6", 64, "postgres-es, existing", 64),
        ("64 callers / (b) new", ">= 6", 64, "postgres-es, new", 64),
    ] {
        let cells = ours.map(|case| ratio(rate(case, callers), rate(against, at)));
        say(&format!("| {what} | {asked} | {} |", cells.join(" | ")));
    }
    for callers in [1, 16, 64, 256] {
        let cells = ours.map(|case| {
            find(case, callers)
                .map_or_else(|| "not run".to_owned(), |line| format!("{:.1}", line.p99_ms / line.p50_ms))
        });
        say(&format!("| p99 / p50 at {callers} | <= 3 | {} |", cells.join(" | ")));
    }
}
