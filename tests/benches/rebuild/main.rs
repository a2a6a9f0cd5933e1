//! Is rebuilding fast, small, harmless and right?
//!
//! `cargo bench -p tests --bench rebuild [-- --events 1000000] [--only rebuild,writes]` fills a log through the append path, ten events
//! to a ticket and two thousand tickets at a time, texts sealed. Then, in one run: the server's own COPY of all
//! of it, best of three; catching up from nothing; rebuilding each read model; a writer at 200 appends per
//! second before and during rebuilds; and whether live equals rebuilt. `--only` names the parts to run besides
//! the COPY: `catch_up`, `rebuild`, `writes`, `compare`. Exits 1 if a promise is not kept.

mod fill;
mod writer;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use infrastructure::log::PgLog;
use infrastructure::projection::{Progress, ReadModel, Rebuilt, Runner, Visible, differences, rebuild};
use sqlx::Executor as _;
use tests::postgres::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The read models of tickets, and the share of COPY that rebuilding each is to reach.
const TICKETS: [(&str, f64); 3] = [("ticket_list", 0.2), ("ticket_page", 0.2), ("ticket_history", 0.4)];
const PER_SECOND: f64 = 150_000.0;
const CATCHING_UP: f64 = 0.1;
const MEMORY: f64 = 1_024.0;
const TIMES_IDLE: f64 = 3.0;
const PATIENCE: Duration = Duration::from_mins(30);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let at = arguments.iter().position(|argument| argument == "--events");
    let events = at.and_then(|at| arguments.get(at + 1)).map_or(1_000_000, |n| n.parse().expect("a number"));
    let only =
        arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let is_run = |part: &str| only.is_none_or(|parts| parts.split(',').any(|one| one == part));
    let mut bench = Bench::prepare(events).await;
    let copy = bench.copy().await;
    if is_run("catch_up") {
        bench.catch_up(copy).await;
    }
    bench.settled().await;
    if is_run("rebuild") {
        bench.rebuild(copy).await;
    }
    if is_run("writes") {
        bench.rebuild_under_writes().await;
    }
    if is_run("compare") {
        bench.compare().await;
    }
    say(&format!("\n{} of the promises are not kept", bench.broken));
    std::process::exit(i32::from(bench.broken > 0));
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// A log to measure on.
struct Bench {
    test: TestDatabase,
    log: Arc<PgLog>,
    events: i64,
    broken: usize,
}

#[expect(clippy::cast_precision_loss, reason = "a speed")]
fn per_second(events: i64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}

impl Bench {
    async fn prepare(events: usize) -> Self {
        let test = TestDatabase::create().await;
        let log = test.log().await;
        let started = Instant::now();
        fill::fill(&log, events).await;
        let events = log.head().await.expect("a head");
        let mut superuser = test.superuser().await;
        superuser.execute("vacuum (analyze) ledger.events").await.expect("vacuumed");
        superuser.execute("checkpoint").await.expect("written");
        say(&format!("filled with {events} events in {:.0} s", started.elapsed().as_secs_f64()));
        // What is in memory of the end of the log would help.
        log.close().await;
        let log = test.log().await;
        Self { test, log, events, broken: 0 }
    }

    /// Tells whether a promise is kept.
    fn kept(&mut self, kept: bool) -> &'static str {
        self.broken += usize::from(!kept);
        if kept { "yes" } else { "NO" }
    }

    /// Drains the server's own COPY; gives events per second, best of three.
    async fn copy(&mut self) -> f64 {
        let mut best: f64 = 0.0;
        for _ in 0..3 {
            let mut owner = self.test.owner().await;
            let started = Instant::now();
            let statement = "copy (select * from ledger.feed order by position) to stdout (format binary)";
            let mut rows = owner.copy_out_raw(statement).await.expect("rows");
            let mut bytes = 0;
            while let Some(some) = rows.try_next().await.expect("rows") {
                bytes += some.len();
            }
            drop(rows);
            best = best.max(per_second(self.events, started.elapsed()));
            let mib = bytes >> 20;
            say(&format!(
                "COPY of everything to STDOUT: {mib} MiB in {:.2} s",
                started.elapsed().as_secs_f64()
            ));
        }
        best
    }

    /// Each ticket read model follows from nothing, as it does after it was added or was away.
    async fn catch_up(&mut self, copy: f64) {
        say(
            "\n| catching up from nothing | events per second | of COPY | asked | kept |\n|---|---|---|---|---|",
        );
        for (name, _) in TICKETS {
            let started = Instant::now();
            let (running, visible, stop) = self.runner(vec![model(name)]);
            assert!(visible.wait(self.events, PATIENCE).await, "caught up");
            let speed = per_second(self.events, started.elapsed());
            stop.cancel();
            running.await.expect("no panic");
            let kept = self.kept(speed / copy >= CATCHING_UP);
            say(&format!("| {name} | {speed:.0} | {:.2} | >= {CATCHING_UP} | {kept} |", speed / copy));
        }
    }

    fn runner(&self, models: Vec<ReadModel>) -> (JoinHandle<()>, Visible, CancellationToken) {
        let runner = Runner::new(Arc::clone(&self.log), self.test.database.clone(), models);
        let (visible, stop) = (runner.visible(), CancellationToken::new());
        (tokio::spawn(runner.run(stop.clone())), visible, stop)
    }

    /// All read models take everything there is.
    async fn settled(&self) {
        let (running, visible, stop) = self.runner(projections::all());
        let head = self.log.head().await.expect("a head");
        assert!(visible.wait(head, PATIENCE).await, "caught up");
        stop.cancel();
        running.await.expect("no panic");
    }

    async fn rebuild(&mut self, copy: f64) {
        let mut superuser = self.test.superuser().await;
        say(&format!("\nCOPY of everything: {copy:.0} events per second"));
        say("\n| rebuild | events per second | bulk phase alone | of COPY | asked | peak MiB | kept |");
        say("|---|---|---|---|---|---|---|");
        let started = Instant::now();
        for (name, share) in TICKETS {
            superuser.execute("checkpoint").await.expect("a quiet disk");
            forget_peak();
            let rebuilt = self.rebuild_one(name).await;
            let peak = peak();
            let speed = rebuilt.events_per_second();
            let bulk = per_second(rebuilt.events, rebuilt.bulk);
            let kept = self.kept(speed >= PER_SECOND && speed / copy >= share && peak < MEMORY);
            let of = speed / copy;
            say(&format!("| {name} | {speed:.0} | {bulk:.0} | {of:.2} | >= {share} | {peak:.0} | {kept} |"));
        }
        self.rebuild_one("user_directory").await;
        let all = started.elapsed();
        say(&format!("\nall four one after the other: {:.1} s", all.as_secs_f64()));
        say(
            "(peak: resident set of this process, which is log, append path and rebuild; PostgreSQL is not in it)",
        );
    }

    async fn rebuild_one(&self, name: &str) -> Rebuilt {
        let progress = Progress::default();
        let rebuilt =
            rebuild(&self.test.database, &self.log, &model(name), &progress).await.expect("rebuilt");
        let compared = rebuilt.compared.as_ref().expect("compared with the live one");
        assert!(compared.iter().all(|table| table.equal), "{compared:?}");
        assert_eq!(progress.now().passes, 1, "it fits into memory");
        rebuilt
    }

    /// How long appends take at 200 per second, idle and during rebuilds of all ticket read models.
    async fn rebuild_under_writes(&mut self) {
        let (running, _, stop) = self.runner(projections::all());
        let idle = writer::measure(&self.log, Duration::from_secs(10), async {}).await;
        let during = writer::measure(&self.log, Duration::ZERO, async {
            for (name, _) in TICKETS {
                self.rebuild_one(name).await;
            }
        })
        .await;
        stop.cancel();
        running.await.expect("no panic");
        let kept = self.kept(during.p99 < TIMES_IDLE * idle.p99);
        say(
            "\n| 200 appends per second | appends | p50 ms | p99 ms | asked | kept |\n|---|---|---|---|---|---|",
        );
        say(&format!("| idle | {} | {:.2} | {:.2} | | |", idle.appends, idle.p50, idle.p99));
        let asked = format!("p99 < {:.2}", TIMES_IDLE * idle.p99);
        say(&format!(
            "| during rebuilds | {} | {:.2} | {:.2} | {asked} | {kept} |",
            during.appends, during.p50, during.p99
        ));
    }

    async fn compare(&mut self) {
        self.settled().await;
        let mut all = 0;
        for model in projections::all() {
            for (_, rows) in differences(&self.test.database, &self.log, &model).await.expect("comparable") {
                all += rows;
            }
        }
        let kept = self.kept(all == 0);
        say(&format!(
            "\nrows in which live and a fold from the first event differ: {all} (asked 0; kept: {kept})"
        ));
    }
}

fn model(name: &str) -> ReadModel {
    projections::all().into_iter().find(|model| model.name() == name).expect("a read model")
}

/// The most memory this process had so far, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse().expect("a number");
    kib / 1_024.0
}

/// From now on the peak is counted anew.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("a Linux");
}
