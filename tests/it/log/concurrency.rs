//! Many writers, a reader that polls meanwhile, and a connection that is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use application::ledger::{AppendError, Ledger};
use infrastructure::log::PgLog;
use tests::appends::{append, new_stream, on, unassigned};
use tests::postgres::TestDatabase;

const WRITERS: usize = 32;

/// Appends to a stream of its own until `stop`; gives the positions acknowledged, in order.
async fn write(log: Arc<PgLog>, stop: Arc<AtomicBool>) -> Vec<i64> {
    let stream = new_stream();
    let mut acknowledged = Vec::new();
    let mut version = 0;
    while !stop.load(Ordering::Relaxed) {
        let sent = append(vec![on(stream, version, vec![unassigned()])]);
        loop {
            match log.append(sent.clone()).await {
                Ok(appended) => {
                    acknowledged.push(appended.first);
                    version += 1;
                    break;
                }
                // The outcome is unknown: the same command says which.
                Err(AppendError::Unavailable(_) | AppendError::Overloaded) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    acknowledged
}

/// Reads behind what it has until `stop`, as a subscriber would; panics at a hole or a re-order.
async fn poll(log: Arc<PgLog>, stop: Arc<AtomicBool>) -> (i64, usize) {
    let (mut seen, mut reads) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let rows = log.rows_after(seen, 500).await.expect("readable");
        for row in rows {
            assert_eq!(row.position, seen + 1, "a hole or a re-order");
            seen = row.position;
        }
        reads += 1;
    }
    (seen, reads)
}

async fn densely_written(log: &PgLog, mut acknowledged: Vec<i64>) {
    acknowledged.sort_unstable();
    let head = log.head().await.expect("a head");
    assert_eq!(acknowledged, (1..=head).collect::<Vec<_>>(), "every acknowledged position once, none beside");
    let verified = log.verify().await.expect("readable");
    assert_eq!((verified.events, verified.fault), (head, None));
}

/// T1, T2 on the primary: dense positions, dense versions, a reader that never sees a hole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_polling_reader_never_sees_a_hole() {
    let test = TestDatabase::create().await;
    // Two processes' worth of writers: each log has its own writer and its own tail.
    let logs = [test.log().await, test.log().await];
    let (stop_writing, stop_reading) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let readers: Vec<_> =
        (0..3).map(|_| tokio::spawn(poll(Arc::clone(&logs[0]), Arc::clone(&stop_reading)))).collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| tokio::spawn(write(Arc::clone(&logs[number % 2]), Arc::clone(&stop_writing))))
        .collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop_writing.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        let mine = writer.await.expect("no panic");
        assert!(mine.is_sorted(), "a stream's events are in the order they were acknowledged");
        acknowledged.extend(mine);
    }
    let head = logs[0].head().await.expect("a head");
    let caught_up = Instant::now();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop_reading.store(true, Ordering::Relaxed);
    for reader in readers {
        let (seen, reads) = reader.await.expect("no panic");
        assert_eq!(seen, head, "after {:?}", caught_up.elapsed());
        assert!(reads > 100, "the reader polled meanwhile");
    }
    densely_written(&logs[0], acknowledged).await;
}

/// T7: a connection cut after sending and before the answer; sent again, the outcome is the first one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cut_connection_loses_and_doubles_nothing() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let stop = Arc::<AtomicBool>::default();
    let writers: Vec<_> =
        (0..WRITERS).map(|_| tokio::spawn(write(Arc::clone(&log), Arc::clone(&stop)))).collect();
    let mut superuser = test.superuser().await;
    let (mut cut, started) = (0, Instant::now());
    while cut < 40 {
        assert!(started.elapsed() < Duration::from_mins(1), "connections were cut: {cut}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let ended: i64 = sqlx::query_scalar(
            "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()",
        )
        .fetch_one(&mut superuser)
        .await
        .expect("an answer");
        cut += ended;
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("no panic"));
    }
    // Over other connections: the pool's were cut a moment ago.
    let same = TestDatabase::at(test.options.clone());
    densely_written(&*same.log().await, acknowledged).await;
}

/// Everything sent before closing is answered.
#[tokio::test]
async fn closing_drains_what_was_sent() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let sending: Vec<_> = (0..100)
        .map(|_| {
            let log = Arc::clone(&log);
            tokio::spawn(
                async move { log.append(append(vec![on(new_stream(), 0, vec![unassigned()])])).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;
    log.close().await;
    for sent in sending {
        let outcome = sent.await.expect("no panic");
        let refused = matches!(&outcome, Err(AppendError::Unavailable(why)) if why.contains("shutting down"));
        assert!(outcome.is_ok() || refused, "{outcome:?}");
    }
    log.append(append(Vec::new())).await.expect_err("closed");
}
