//! What the desks of a whole run of the tests wrote about themselves: one file of JSON lines, searched when they are done.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Once};

use infrastructure::telemetry::JsonLines;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, registry};

/// More than anybody would have written in production: the others' warnings, and of ours also what is for debugging.
const FILTER: &str =
    "info,api=debug,application=debug,domain=debug,infrastructure=debug,projections=debug,async_nats=off";

static BEGUN: Once = Once::new();

/// Where the lines are: beside what was built.
///
/// # Panics
/// If this program is not where cargo puts tests.
#[must_use]
pub fn path() -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    tests.ancestors().nth(2).expect("target/debug").join("test-run.jsonl")
}

/// From now on everything that is logged in this process goes there, if it is the tests; what was there is gone.
///
/// # Panics
/// If the file cannot be made.
pub fn begin() {
    BEGUN.call_once(|| {
        let program = std::env::current_exe().expect("a path");
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Benchmarks measure what is logged as usual.
        if !name.starts_with("it-") {
            return;
        }
        let lines = JsonLines::new(Arc::new(File::create(path()).expect("a file")));
        let filter = EnvFilter::builder().parse(FILTER).expect("a filter");
        registry().with(lines).with(filter).init();
    });
}
