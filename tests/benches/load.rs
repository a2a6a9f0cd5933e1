//! How long does it take to load a ticket?
//!
//! `cargo bench -p tests --bench load [-- --seconds 5]` loads tickets of 20, 200 and 2,000 events as every command
//! does that has not seen them yet: read, opened, folded. In the same run it fetches the same rows and does nothing
//! with them. The tickets' events lie spread over the log, as those of tickets that live side by side do; two of
//! three hold sealed texts. It ends with 1 if half of the loads of a ticket of 2,000 events take 15 ms or more.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use application::ledger::Ledger;
use domain::Decide;
use domain::event::StoredEvent;
use domain::id::UserId;
use domain::sealed::Sealed;
use domain::ticket::values::{Priority, PrioritySource, Status, Urgency};
use domain::ticket::{Ticket, TicketEvent};
use infrastructure::log::PgLog;
use sqlx::PgPool;
use tests::appends::{append, created, new_stream, on};
use tests::load::{Measured, closed_loop};
use tests::postgres::TestDatabase;
use uuid::Uuid;

/// How long loading a ticket of the most events may take, in milliseconds: half of the loads, since what the slowest
/// take is said by what else the machine does.
const AT_MOST: f64 = 15.0;
/// How many events a ticket has, and how many such tickets there are.
const TICKETS: [(usize, usize); 3] = [(20, 1_000), (200, 100), (2_000, 10)];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let at = arguments.iter().position(|argument| argument == "--seconds");
    let seconds =
        at.and_then(|at| arguments.get(at + 1)).map_or(5, |n| n.parse().expect("a number of seconds"));
    let time = (Duration::from_secs(1), Duration::from_secs(seconds));

    let test = TestDatabase::create().await;
    let log = test.log().await;
    say("| case | callers | per second | p50 ms | p99 ms | p99 / p50 |\n|---|---|---|---|---|---|");
    let mut ratios = Vec::new();
    let mut largest = f64::INFINITY;
    for (events, tickets) in TICKETS {
        let streams = Arc::new(fill(&log, events, tickets).await);
        let bare = bare(test.database.pool(), &streams, events, time).await;
        let loaded = load(&log, &streams, events, time).await;
        say(&bare.row());
        say(&loaded.row());
        ratios.push(format!("| {events} | {:.2} |", loaded.p50_ms / bare.p50_ms));
        largest = loaded.p50_ms;
    }
    say("\n| events | p50 of loading / of fetching |\n|---|---|");
    for ratio in ratios {
        say(&ratio);
    }
    log.close().await;
    say(&format!("\nA ticket of 2,000 events: {largest:.2} ms, asked below {AT_MOST} ms."));
    if largest < AT_MOST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// So many tickets of so many events, one event of each at a time.
async fn fill(log: &Arc<PgLog>, events: usize, tickets: usize) -> Vec<Uuid> {
    let owners: Vec<(Uuid, UserId)> = (0..tickets).map(|_| (new_stream(), UserId(Uuid::now_v7()))).collect();
    for version in (0..).take(events) {
        let turn = owners.iter().map(|(stream, requester)| {
            log.append(append(vec![on(*stream, version, vec![event(version, *requester)])]))
        });
        for outcome in futures::future::join_all(turn).await {
            outcome.expect("accepted");
        }
    }
    owners.into_iter().map(|(stream, _)| stream).collect()
}

fn event(version: i32, requester: UserId) -> TicketEvent {
    let text = |text: &str| Some(Sealed::new(requester, text));
    match version {
        0 => created(requester),
        version if version % 3 == 0 => TicketEvent::PriorityChanged {
            urgency: Urgency::High,
            impact: None,
            priority: Priority::High,
            source: PrioritySource::Computed,
        },
        version if version % 3 == 1 => TicketEvent::StatusChanged {
            from: Status::InProgress,
            to: Status::WaitingOnCustomer,
            reason: text("We need to know which of the two printers it is, and what its display says."),
        },
        _ => TicketEvent::TicketDetailsEdited {
            title: None,
            description: text("It is the one by the window."),
        },
    }
}

/// Fetches the rows and does nothing with them: the least that loading costs.
async fn bare(
    pool: &PgPool,
    streams: &Arc<Vec<Uuid>>,
    events: usize,
    time: (Duration, Duration),
) -> Measured {
    closed_loop(&format!("fetch the rows of {events} events"), 1, time, |_| {
        let (pool, streams) = (pool.clone(), Arc::clone(streams));
        let mut turn = 0;
        move || {
            turn += 1;
            let (pool, stream) = (pool.clone(), streams[turn % streams.len()]);
            async move {
                let rows = sqlx::query(
                    "select * from ledger.feed where stream_id = $1 and version > $2 order by version",
                );
                let rows = rows.bind(stream).bind(0).fetch_all(&pool).await.expect("readable");
                assert_eq!(rows.len(), events);
            }
        }
    })
    .await
}

/// Loads a ticket as a command does.
async fn load(
    log: &Arc<PgLog>,
    streams: &Arc<Vec<Uuid>>,
    events: usize,
    time: (Duration, Duration),
) -> Measured {
    closed_loop(&format!("load a ticket of {events} events"), 1, time, |_| {
        let (log, streams) = (Arc::clone(log), Arc::clone(streams));
        let mut turn = 0;
        move || {
            turn += 1;
            let (log, stream) = (Arc::clone(&log), streams[turn % streams.len()]);
            async move {
                let recorded = log.read_streams(&[(stream, 0)]).await.expect("readable");
                assert_eq!(recorded.len(), events);
                let mut ticket = Ticket::default();
                for event in recorded.iter().filter_map(|recorded| TicketEvent::from_event(&recorded.event)) {
                    apply(&mut ticket, event.clone());
                }
                assert!(ticket.live().is_some());
            }
        }
    })
    .await
}

fn apply<A: Decide>(aggregate: &mut A, event: A::Event) {
    aggregate.apply(event);
}
