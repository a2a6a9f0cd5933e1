//! Whether the language model is asked: not while it is in trouble, and then first with something small.

use std::time::{Duration, Instant};

use super::State;

/// So many failures without an answer between them are trouble; one that will not be over in a moment is, by itself.
const TROUBLE: u32 = 3;
/// For how long it is left alone at first; twice as long after each probe that fails,
const FIRST_REST: Duration = Duration::from_secs(2);
/// and never longer than this,
const LONGEST_REST: Duration = Duration::from_mins(5);
/// unless it asks for that, and not for ever.
const LONGEST_WISH: Duration = Duration::from_mins(10);

/// A circuit breaker: what happened goes in with its time, whether something may be sent comes out.
#[derive(Debug)]
pub(super) struct Breaker {
    at: At,
    failures: u32,
    rest: Duration,
    /// How long a probe may take before another one is sent in its place: whoever sent it may be gone.
    patience: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Closed,
    Open { until: Instant },
    Probing { until: Instant },
}

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Anything.
    Go,
    /// Something small first.
    Probe,
    /// Nothing.
    Rest,
}

impl Breaker {
    /// A closed one, where a probe takes as long as `patience` at most.
    pub(super) fn new(patience: Duration) -> Self {
        Self { at: At::Closed, failures: 0, rest: FIRST_REST, patience }
    }

    /// What may be sent at `now`.
    pub(super) fn admit(&mut self, now: Instant) -> Admission {
        match self.at {
            At::Closed => Admission::Go,
            At::Open { until } | At::Probing { until } if now < until => Admission::Rest,
            At::Open { .. } | At::Probing { .. } => {
                self.at = At::Probing { until: now + self.patience };
                Admission::Probe
            }
        }
    }

    /// An answer came.
    pub(super) fn succeeded(&mut self) {
        (self.at, self.failures, self.rest) = (At::Closed, 0, FIRST_REST);
    }

    /// None came, at `now`, for a reason that may be over in a moment if it `passes`; perhaps it asks to be left alone for `wish`.
    /// Gives whether it is left alone from now on.
    pub(super) fn failed(&mut self, now: Instant, passes: bool, wish: Option<Duration>) -> bool {
        self.failures += 1;
        let was_probing = matches!(self.at, At::Probing { .. });
        let opens = match self.at {
            At::Probing { .. } => true,
            At::Closed => !passes || self.failures >= TROUBLE || wish.is_some_and(|wish| wish > self.rest),
            At::Open { .. } => false,
        };
        if opens {
            if was_probing {
                self.rest = (self.rest * 2).min(LONGEST_REST);
            }
            let rest = wish.map_or(self.rest, |wish| wish.min(LONGEST_WISH).max(self.rest));
            self.at = At::Open { until: now + rest };
        }
        opens
    }

    /// Whether nothing is sent, or only something small.
    pub(super) fn is_open(&self) -> bool {
        self.at != At::Closed
    }

    pub(super) fn state(&self) -> State {
        match self.at {
            At::Closed => State::Closed,
            At::Open { .. } => State::Open,
            At::Probing { .. } => State::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(8);

    fn breaker() -> (Breaker, Instant) {
        (Breaker::new(PATIENCE), Instant::now())
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_opens_at_the_third_failure_in_a_row_or_the_first_that_does_not_pass() {
        let (mut breaker, now) = breaker();
        assert!(!breaker.failed(now, true, None) && !breaker.failed(now, true, None));
        breaker.succeeded();
        assert!(!breaker.failed(now, true, None) && !breaker.failed(now, true, None));
        assert_eq!(breaker.admit(now), Admission::Go);
        assert!(breaker.failed(now, true, None));
        assert_eq!((breaker.admit(now), breaker.state()), (Admission::Rest, State::Open));

        let (mut breaker, now) = self::breaker();
        assert!(breaker.failed(now, false, None));
        assert!(!breaker.failed(now, false, None), "it is open already");
    }

    #[test]
    fn one_probe_at_a_time_says_whether_it_closes() {
        let (mut breaker, now) = breaker();
        breaker.failed(now, false, None);
        assert_eq!(breaker.admit(now + seconds(1)), Admission::Rest);
        let later = now + FIRST_REST;
        assert_eq!(breaker.admit(later), Admission::Probe);
        assert_eq!((breaker.admit(later), breaker.state()), (Admission::Rest, State::HalfOpen));
        // Whoever probed is gone: another one does.
        assert_eq!(breaker.admit(later + PATIENCE), Admission::Probe);
        breaker.succeeded();
        assert_eq!((breaker.admit(later), breaker.state()), (Admission::Go, State::Closed));
    }

    #[test]
    fn each_probe_that_fails_doubles_the_rest_up_to_five_minutes() {
        let (mut breaker, mut now) = breaker();
        breaker.failed(now, false, None);
        let mut rests = vec![];
        for _ in 0..10 {
            let began = now;
            while breaker.admit(now) == Admission::Rest {
                now += seconds(1);
            }
            rests.push((now - began).as_secs());
            assert!(breaker.failed(now, true, None), "one failure of a probe is enough");
        }
        assert_eq!(rests, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        breaker.succeeded();
        breaker.failed(now, false, None);
        assert_eq!(breaker.admit(now + FIRST_REST), Admission::Probe, "it begins anew");
    }

    #[test]
    fn it_is_left_alone_as_long_as_it_asks_within_reason() {
        for (wish, rest) in [(30, 30), (0, FIRST_REST.as_secs()), (999_999, LONGEST_WISH.as_secs())] {
            let (mut breaker, now) = breaker();
            assert!(breaker.failed(now, wish > 2, Some(seconds(wish))));
            assert_eq!(breaker.admit(now + seconds(rest - 1)), Admission::Rest, "{wish}");
            assert_eq!(breaker.admit(now + seconds(rest)), Admission::Probe, "{wish}");
        }
    }
}
