//! How far a rebuild has come, for whoever watches it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Serialize;

/// What a rebuild is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Phase {
    /// Getting ready.
    Starting,
    /// Folding the log in memory.
    Folding,
    /// Writing tables and indexes.
    Indexing,
    /// Taking the events that came meanwhile.
    CatchingUp,
    /// Comparing with the live tables.
    Comparing,
    /// Putting the new tables in the place of the live ones.
    Switching,
}

/// How far a rebuild has come. Shared by who rebuilds and who watches.
#[derive(Debug)]
pub struct Progress(Mutex<Reached>);

/// How far a rebuild has come at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// What it is doing.
    pub phase: Phase,
    /// How many events are folded.
    pub folded: i64,
    /// Of how many.
    pub of: i64,
    /// How many passes over the log were begun: more than one if the rows do not fit into memory.
    pub passes: u32,
    /// How long it has been at it.
    pub took: Duration,
    began: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        let (took, began) = (Duration::ZERO, Instant::now());
        let reached = Reached { phase: Phase::Starting, folded: 0, of: 0, passes: 0, took, began };
        Self(Mutex::new(reached))
    }
}

impl Progress {
    /// How far it has come now.
    #[must_use]
    pub fn now(&self) -> Reached {
        let reached = *self.reached();
        Reached { took: reached.began.elapsed(), ..reached }
    }

    /// Another pass over `of` events begins.
    pub(crate) fn pass(&self, of: i64) {
        let mut reached = self.reached();
        (reached.phase, reached.folded, reached.of) = (Phase::Folding, 0, of);
        reached.passes += 1;
    }

    pub(crate) fn folded(&self, position: i64) {
        let mut reached = self.reached();
        reached.folded = position;
        reached.of = reached.of.max(position);
    }

    pub(crate) fn index(&self) {
        self.enter(Phase::Indexing);
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.reached().phase = phase;
    }

    fn reached(&self) -> std::sync::MutexGuard<'_, Reached> {
        self.0.lock().expect("no panic while progress is noted")
    }
}

impl Reached {
    /// How many events it folded per second so far.
    #[must_use]
    pub fn events_per_second(&self) -> f64 {
        number(self.folded) / self.took.as_secs_f64().max(0.001)
    }

    /// How long it still takes at this speed, in seconds; none while nothing is known.
    #[must_use]
    pub fn seconds_left(&self) -> Option<f64> {
        let left = number((self.of - self.folded).max(0));
        (self.folded > 0).then(|| left / self.events_per_second().max(0.001))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a speed for people")]
fn number(events: i64) -> f64 {
    events as f64
}
