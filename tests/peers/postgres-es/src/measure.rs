//! A closed loop of callers, and what they saw.

use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use postgres_es::{PostgresCqrs, postgres_cqrs};
use sqlx::PgPool;

use crate::store::{metadata, new_id};
use crate::ticket::{Ticket, TicketCommand};

/// When to measure: after the warm-up, until the end.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    opens: Instant,
    closes: Instant,
}

impl Window {
    /// A window that opens `warmup` from now for `length`.
    pub(crate) fn after(warmup: Duration, length: Duration) -> Self {
        let opens = Instant::now() + warmup;
        Self { opens, closes: opens + length }
    }

    fn contains(&self, instant: Instant) -> bool {
        (self.opens..self.closes).contains(&instant)
    }
}

/// What all callers of one run saw.
#[derive(Default)]
pub(crate) struct Seen {
    /// Latencies of the appends acknowledged within the window, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// Appends acknowledged at any time, the warm-up included.
    pub(crate) acknowledged: usize,
    /// Commands that failed at any time.
    pub(crate) errors: usize,
}

impl Seen {
    /// The exact quantile by nearest rank; `None` without samples.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let rank = (self.latencies.len() * percent).div_ceil(100);
        self.latencies.get(rank.saturating_sub(1)).copied()
    }
}

/// What one caller executes, without end: an aggregate id and a command for it.
pub(crate) type Work = Box<dyn Iterator<Item = (String, TicketCommand)> + Send>;

/// Each command opens a new ticket.
pub(crate) fn new_tickets() -> Work {
    Box::new(iter::repeat_with(|| (new_id(), TicketCommand::open())))
}

/// Each command adds a message to the next of these tickets, over and over.
pub(crate) fn existing_tickets(ids: Vec<String>) -> Work {
    Box::new(ids.into_iter().cycle().map(|id| (id, TicketCommand::add_message())))
}

/// Runs one task per item of `work` through one framework on `pool`.
pub(crate) async fn run(pool: PgPool, work: Vec<Work>, window: Window) -> Result<Seen> {
    let cqrs = Arc::new(postgres_cqrs::<Ticket>(pool, vec![], ()));
    let callers: Vec<_> =
        work.into_iter().map(|work| tokio::spawn(caller(Arc::clone(&cqrs), work, window))).collect();
    let mut all = Seen::default();
    for caller in callers {
        let seen = caller.await?;
        all.latencies.extend(seen.latencies);
        all.acknowledged += seen.acknowledged;
        all.errors += seen.errors;
    }
    all.latencies.sort_unstable();
    Ok(all)
}

async fn caller(cqrs: Arc<PostgresCqrs<Ticket>>, work: Work, window: Window) -> Seen {
    let mut seen = Seen::default();
    for (id, command) in work {
        let metadata = metadata();
        let begun = Instant::now();
        if begun >= window.closes {
            break;
        }
        let outcome = cqrs.execute_with_metadata(&id, command, metadata).await;
        let ended = Instant::now();
        match outcome {
            Ok(()) => {
                seen.acknowledged += 1;
                if window.contains(ended) {
                    seen.latencies.push(ended - begun);
                }
            }
            Err(error) => {
                if seen.errors == 0 {
                    eprintln!("first error of a caller: {error}");
                }
                seen.errors += 1;
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let latencies = (1..=200).map(Duration::from_millis).collect();
        let seen = Seen { latencies, ..Seen::default() };
        assert_eq!(seen.percentile(50), Some(Duration::from_millis(100)));
        assert_eq!(seen.percentile(99), Some(Duration::from_millis(198)));
        assert_eq!(Seen::default().percentile(50), None);
    }

    #[test]
    fn existing_tickets_are_visited_in_turn() {
        let ids: Vec<_> = existing_tickets(vec!["a".into(), "b".into()]).map(|(id, _)| id).take(3).collect();
        assert_eq!(ids, ["a", "b", "a"]);
    }
}
