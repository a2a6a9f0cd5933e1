//! Closed-loop load: so many callers, each sending its next request when the last was answered.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

/// What a closed loop measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// What was done.
    pub case: String,
    /// How many callers did it at a time.
    pub callers: usize,
    /// How often it was done per second.
    pub per_second: f64,
    /// How long half of the calls took at most, in milliseconds.
    pub p50_ms: f64,
    /// How long all but one in a hundred took at most, in milliseconds.
    pub p99_ms: f64,
}

impl Measured {
    /// A line of a Markdown table.
    #[must_use]
    pub fn row(&self) -> String {
        let Self { case, callers, per_second, p50_ms, p99_ms } = self;
        format!(
            "| {case} | {callers} | {per_second:.0} | {p50_ms:.2} | {p99_ms:.2} | {:.1} |",
            p99_ms / p50_ms.max(f64::EPSILON)
        )
    }
}

/// Lets `callers` tasks do `work` over and over: `warm_up` first, then measured for `measured`.
///
/// `work(caller)` makes the state of a caller; each call of the closure it gives does the thing once.
///
/// # Panics
/// If a caller does.
pub async fn closed_loop<W, C, F>(
    case: &str,
    callers: usize,
    (warm_up, measured): (Duration, Duration),
    work: W,
) -> Measured
where
    W: Fn(usize) -> C,
    C: FnMut() -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let start = Instant::now() + warm_up;
    let end = start + measured;
    let barrier = Arc::new(tokio::sync::Barrier::new(callers));
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let mut once = work(caller);
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                let mut samples = Vec::new();
                loop {
                    let before = Instant::now();
                    if before >= end {
                        return samples;
                    }
                    once().await;
                    if before >= start {
                        samples.push(before.elapsed());
                    }
                }
            })
        })
        .collect();
    let mut samples = Vec::new();
    for task in tasks {
        samples.extend(task.await.expect("no caller panics"));
    }
    samples.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = ((samples.len() as f64 - 1.0).max(0.0) * share) as usize;
        samples.get(index).map_or(f64::NAN, |sample| sample.as_secs_f64() * 1_000.0)
    };
    #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
    let per_second = samples.len() as f64 / measured.as_secs_f64();
    Measured { case: case.to_owned(), callers, per_second, p50_ms: at(0.5), p99_ms: at(0.99) }
}
