//! Names the test that hangs and ends the run: nobody has to wait for it, or to guess which it was.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::run_log;

/// How long a test may take: many times what the longest takes, so that a busy machine is no hang.
const AT_MOST: Duration = Duration::from_mins(8);
/// Where benchmarks run, which take as long as they take.
const OF_BENCHMARKS: &str = "main";
const LOOK: Duration = Duration::from_secs(5);

/// The tests that are under way, and since when.
static UNDER_WAY: LazyLock<Mutex<BTreeMap<u64, (String, Instant)>>> = LazyLock::new(|| {
    std::thread::spawn(watch);
    Mutex::default()
});

/// A test under way; it has ended when this is dropped.
#[derive(Debug)]
pub struct Watched(u64);

impl Watched {
    /// Watches the test of this thread from here on.
    #[must_use]
    pub fn begin() -> Self {
        run_log::begin();
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let mut under_way = under_way();
        let number = under_way.last_key_value().map_or(0, |(last, _)| last + 1);
        under_way.insert(number, (test, Instant::now()));
        Self(number)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        under_way().remove(&self.0);
    }
}

fn under_way() -> MutexGuard<'static, BTreeMap<u64, (String, Instant)>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch() {
    loop {
        std::thread::sleep(LOOK);
        let hanging = under_way()
            .values()
            .find(|(test, since)| test != OF_BENCHMARKS && since.elapsed() > AT_MOST)
            .cloned();
        if let Some((test, since)) = hanging {
            // Not by a macro that tests capture: this is for whoever reads the run.
            let mut out = std::io::stderr();
            let _ = writeln!(out, "\n{test} has not ended after {:?}: the run is given up", since.elapsed());
            let _ = out.flush();
            std::process::exit(101);
        }
    }
}
