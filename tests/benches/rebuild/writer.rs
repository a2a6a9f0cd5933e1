//! Somebody who appends steadily while other things go on.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::ledger::Ledger as _;
use domain::id::UserId;
use infrastructure::log::PgLog;
use tests::appends::{append, created, new_stream, on};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Two hundred per second.
const EVERY: Duration = Duration::from_millis(5);

/// How long appends took, in milliseconds, from the moment each was due.
pub(super) struct Took {
    pub(super) appends: usize,
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// Appends while `work` goes on, and at least for `at_least`.
pub(super) async fn measure(log: &Arc<PgLog>, at_least: Duration, work: impl Future<Output = ()>) -> Took {
    let stop = CancellationToken::new();
    let writing = tokio::spawn(write(Arc::clone(log), stop.clone()));
    let ((), ()) = tokio::join!(work, tokio::time::sleep(at_least));
    stop.cancel();
    let mut took = writing.await.expect("no panic");
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    Took { appends: took.len(), p50: at(50), p99: at(99) }
}

async fn write(log: Arc<PgLog>, stop: CancellationToken) -> Vec<Duration> {
    let requester = UserId(Uuid::now_v7());
    let mut under_way = tokio::task::JoinSet::new();
    let mut due = Instant::now() + EVERY;
    while !stop.is_cancelled() {
        tokio::time::sleep_until(due.into()).await;
        let (log, was_due) = (Arc::clone(&log), due);
        under_way.spawn(async move {
            let sent = append(vec![on(new_stream(), 0, vec![created(requester)])]);
            log.append(sent).await.expect("accepted");
            was_due.elapsed()
        });
        due += EVERY;
    }
    under_way.join_all().await
}
