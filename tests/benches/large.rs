//! Does the log stay as fast when it is large?
//!
//! `cargo bench -p tests --bench large [-- --events 20000000]` appends and loads on an empty log, then fills
//! it to so many events of real shape directly in the tables (as a superuser; twenty per ticket, spread over
//! the log as tickets do), and appends and loads again, in one run on one server. It prints sizes, and the
//! plans of the statements that every command runs.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::ledger::Ledger;
use domain::id::UserId;
use infrastructure::log::PgLog;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use tests::appends::{append, created, new_stream, on};
use tests::load::{Measured, closed_loop};
use tests::postgres::TestDatabase;
use uuid::Uuid;

const TIME: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
const STEP: i64 = 1_000_000;
const PER_TICKET: i64 = 20;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let at = arguments.iter().position(|argument| argument == "--events");
    let events: i64 = at
        .and_then(|at| arguments.get(at + 1))
        .map_or(20_000_000, |n| n.parse().expect("a number of events"));

    let test = TestDatabase::create().await;
    let log = test.log().await;
    say("| log | case | callers | per second | p50 ms | p99 ms | p99 / p50 |\n|---|---|---|---|---|---|---|");
    let small = measure("empty", &log, &[]).await;
    log.close().await;

    let mut superuser = test.superuser().await;
    let streams = fill(&mut superuser, events).await;
    let log = test.log().await;
    let large = measure(&format!("{events} events"), &log, &streams).await;
    say("\n| case | callers | large / small |\n|---|---|---|");
    for (small, large) in small.iter().zip(&large) {
        say(&format!("| {} | {} | {:.2} |", small.case, small.callers, large.per_second / small.per_second));
    }
    sizes(&mut superuser).await;
    plans(&mut superuser, streams[0]).await;
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

async fn measure(name: &str, log: &Arc<PgLog>, old: &[Uuid]) -> Vec<Measured> {
    let requester = UserId(Uuid::now_v7());
    let mut results = Vec::new();
    for callers in [1, 64] {
        results.push(
            closed_loop("append to a new stream", callers, TIME, |_| {
                let log = Arc::clone(log);
                move || {
                    let log = Arc::clone(&log);
                    async move {
                        let sent = append(vec![on(new_stream(), 0, vec![created(requester)])]);
                        log.append(sent).await.expect("accepted");
                    }
                }
            })
            .await,
        );
    }
    let streams: Vec<Uuid> = if old.is_empty() { twenty_each(log, requester).await } else { old.to_vec() };
    let streams = Arc::new(streams);
    results.push(
        closed_loop("load a ticket of 20 events", 1, TIME, |_| {
            let (log, streams) = (Arc::clone(log), Arc::clone(&streams));
            let mut turn = 0;
            move || {
                turn += 7_919;
                let (log, stream) = (Arc::clone(&log), streams[turn % streams.len()]);
                async move {
                    let rows = log.read_streams(&[(stream, 0)]).await.expect("readable");
                    assert_eq!(rows.len(), 20);
                }
            }
        })
        .await,
    );
    for result in &results {
        say(&format!("| {name} {}", result.row()));
    }
    results
}

async fn twenty_each(log: &Arc<PgLog>, requester: UserId) -> Vec<Uuid> {
    let streams: Vec<Uuid> = (0..1_000).map(|_| new_stream()).collect();
    for stream in &streams {
        let sent = append(vec![on(*stream, 0, vec![created(requester); 20])]);
        log.append(sent).await.expect("accepted");
    }
    streams
}

/// Copies the newest event so often, each copy at its own position of its own ticket. Gives some tickets.
async fn fill(superuser: &mut PgConnection, events: i64) -> Vec<Uuid> {
    superuser
        .execute("set session_replication_role = replica; set synchronous_commit = off")
        .await
        .expect("set");
    let head: i64 = sqlx::query_scalar("select max(last_position) from ledger.blocks")
        .fetch_one(&mut *superuser)
        .await
        .expect("a head");
    let started = Instant::now();
    let mut filled = 0;
    while filled < events {
        // A million events are fifty thousand tickets that live side by side; ids rise with time as ours do.
        let statement = format!(
            "with n as (select g, g % {tickets} as ticket, g / {tickets} as turn from generate_series(0, {step} - 1) g)
             insert into ledger.events
             select {head} + {filled} + n.g + 1, {ticket_id}, n.turn + 1, e.stream_type, gen_random_uuid(),
                    e.event_type, e.schema_version, e.occurred_at, e.recorded_at, e.actor_kind, e.actor_id, e.via,
                    {command_id}, e.causation_id, e.correlation_id, e.payload, e.leaf_hash
               from n cross join (select * from ledger.events where position = {head}) e;
             insert into ledger.blocks
             select {head} + {filled} + (g + 1) * 10, {head} + {filled} + g * 10 + 1, now(), sha256('filled')
               from generate_series(0, {step} / 10 - 1) g;
             insert into ledger.commands
             select {command_id}, sha256('filled'), {head} + {filled} + n.g + 1, {head} + {filled} + n.g + 1
               from (select g from generate_series(0, {step} - 1) g) n;",
            tickets = STEP / PER_TICKET,
            step = STEP.min(events - filled),
            ticket_id = rising(&format!("{filled} + n.ticket"), "7"),
            command_id = rising(&format!("{filled} + n.g"), "8"),
        );
        superuser.execute(AssertSqlSafe(statement)).await.expect("filled");
        filled += STEP;
    }
    superuser
        .execute("vacuum (analyze) ledger.events, ledger.blocks, ledger.commands; checkpoint")
        .await
        .expect("done");
    say(&format!("\nfilled and vacuumed in {:.0} s\n", started.elapsed().as_secs_f64()));
    sqlx::query_scalar(
        "select distinct stream_id from ledger.events where position % 9973 = 0 and version between 2 and 19",
    )
    .fetch_all(&mut *superuser)
    .await
    .expect("tickets")
}

/// A UUID that rises with `number`, like version 7; the last bits are as good as random.
fn rising(number: &str, version: &str) -> String {
    format!(
        "(lpad(to_hex({number}), 12, '0') || '{version}000' || '8' || right(md5(({number})::text), 15))::uuid"
    )
}

async fn sizes(superuser: &mut PgConnection) {
    let sizes: Vec<(String, String, i64)> = sqlx::query_as(
        "select c.relname::text, pg_size_pretty(pg_relation_size(c.oid)), pg_relation_size(c.oid)
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'ledger' and pg_relation_size(c.oid) > 1000000 order by 3 desc",
    )
    .fetch_all(&mut *superuser)
    .await
    .expect("sizes");
    say("\n| relation | size |\n|---|---|");
    for (relation, size, _) in sizes {
        say(&format!("| {relation} | {size} |"));
    }
}

/// The plans of what every command runs: index scans, however large the tables are.
async fn plans(superuser: &mut PgConnection, stream: Uuid) {
    for statement in [
        format!("select * from ledger.feed where stream_id = '{stream}' and version > 0 order by version"),
        format!(
            "select version from ledger.events where stream_id = '{stream}' order by version desc limit 1"
        ),
        "select last_position, block_hash from ledger.blocks order by last_position desc limit 1".to_owned(),
        "select * from ledger.feed where position > 10000000 order by position limit 1000".to_owned(),
    ] {
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "explain (analyze, costs off, timing off) {statement}"
        )))
        .fetch_all(&mut *superuser)
        .await
        .expect("a plan");
        say(&format!("\n{statement}\n    {}", plan.join("\n    ")));
    }
}
