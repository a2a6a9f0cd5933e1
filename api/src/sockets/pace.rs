//! How often a socket may send.

use std::time::{Duration, Instant};

/// How many frames a second may come in for long.
const SUSTAINED: f64 = 20.0;
/// How many may come at once.
const BURST: f64 = 60.0;
/// How often the same may be said of one ticket, of what is only said for the moment.
pub(super) const EVERY: Duration = Duration::from_secs(2);

/// A bucket of frames that may still come.
pub(super) struct Pace {
    left: f64,
    at: Instant,
}

impl Pace {
    /// A full one.
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, at: now }
    }

    /// Whether one more frame may come now.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let gained = now.duration_since(self.at).as_secs_f64() * SUSTAINED;
        (self.left, self.at) = ((self.left + gained).min(BURST), now);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_twenty_a_second() {
        let began = Instant::now();
        let mut pace = Pace::new(began);
        let admitted = (0..100).filter(|_| pace.admits(began)).count();
        assert_eq!(admitted, 60);
        let later = began + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| pace.admits(later)).count(), 20);
        let mut steady = Pace::new(began);
        assert!((0..1_000).all(|turn| steady.admits(began + Duration::from_millis(50) * turn)));
    }
}
