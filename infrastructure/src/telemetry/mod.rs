//! What is written about the desk at work: one JSON object a line for machines, or a compact text for people.

mod fields;
mod json;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

pub use self::json::JsonLines;

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object.
    Json,
    /// For people.
    Pretty,
}

/// Writes what `filter` lets through to standard error from now on; with no format given, pretty on a
/// terminal and JSON elsewhere.
///
/// # Errors
/// When the filter is not readable, or logging has begun before.
pub fn init(format: Option<Format>, filter: &str) -> anyhow::Result<()> {
    // What becomes of NATS the relay says, once; its client says it again at every attempt.
    let quiet = if filter.contains("async_nats") { "" } else { ",async_nats=off" };
    let filter = format!("{filter}{quiet}");
    let filter = EnvFilter::builder().parse(filter).context("the log filter is not readable")?;
    let terminal = io::stderr().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let by_place = if terminal { Format::Pretty } else { Format::Json };
    let lines = match format.unwrap_or(by_place) {
        Format::Json => JsonLines::new(io::stderr).boxed(),
        Format::Pretty => fmt::layer().compact().with_ansi(colour).with_writer(io::stderr).boxed(),
    };
    registry().with(lines).with(filter).try_init().context("logging has begun before")
}
