//! The baseline of Ledgerdesk's append benchmark: one command, executed by postgres-es.
//!
//! Prints one line per case and number of callers; what is going on is told on standard error.

mod measure;
mod store;
mod ticket;

use std::io::{Write, stdout};
use std::iter::repeat_with;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use serde::Serialize;

use crate::measure::{Seen, Window, Work, existing_tickets, new_tickets, run};
use crate::store::{Store, new_id};

/// Connections of a pool nobody configured: the default of sqlx and of postgres-es.
const DEFAULT_POOL: u32 = 10;
/// The largest pool tried; a server allows 100 connections by default.
const LARGEST_POOL: u32 = 64;

/// Measures how fast postgres-es executes a command that appends one event.
#[derive(Parser)]
struct Args {
    /// URL of the database; the schema `peer_postgres_es` is created in this database and emptied.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Numbers of concurrent callers to measure.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256],
          value_parser = clap::value_parser!(u32).range(1..))]
    callers: Vec<u32>,
    /// Seconds measured per run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Seconds before each measurement.
    #[arg(long, default_value_t = 1)]
    warmup: u32,
    /// Prepared streams; in the case "existing" they are shared out among the callers.
    #[arg(long, default_value_t = 40_000)]
    streams: usize,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Output::Json)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    /// One JSON object per line.
    Json,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Case {
    /// Each command writes the first event of a new aggregate.
    New,
    /// Each command loads a short aggregate and adds an event to it.
    Existing,
}

/// One line of output.
#[derive(Serialize)]
struct Measurement {
    peer: &'static str,
    case: Case,
    callers: u32,
    pool: u32,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    errors: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let most = args.callers.iter().copied().max().unwrap_or(1);
    ensure!(args.streams >= usize::try_from(most)?, "each caller needs a stream of its own");

    let store = Store::open(&args.database_url).await?;
    eprintln!("{}", store.settings().await?);
    for case in [Case::New, Case::Existing] {
        for &callers in &args.callers {
            let best = best_pool(&store, &args, case, callers).await?;
            match args.output {
                Output::Json => writeln!(stdout(), "{}", serde_json::to_string(&best)?)?,
            }
        }
    }
    Ok(())
}

/// Measures with the default pool and with one connection per caller, and keeps the faster.
async fn best_pool(store: &Store, args: &Args, case: Case, callers: u32) -> Result<Measurement> {
    let mut best = measure(store, args, case, callers, DEFAULT_POOL).await?;
    let larger = callers.clamp(DEFAULT_POOL, LARGEST_POOL);
    if larger != DEFAULT_POOL {
        let other = measure(store, args, case, callers, larger).await?;
        if other.per_second > best.per_second {
            best = other;
        }
    }
    Ok(best)
}

async fn measure(store: &Store, args: &Args, case: Case, callers: u32, pool: u32) -> Result<Measurement> {
    let streams: Vec<String> = repeat_with(new_id).take(args.streams).collect();
    store.reset(&streams).await?;
    let work = work(case, &streams, usize::try_from(callers)?);

    let connections = store.pool(pool).await?;
    let window = Window::after(seconds(args.warmup), seconds(args.seconds));
    let seen = run(connections.clone(), work, window).await?;
    connections.close().await;

    store.verify(streams.len(), seen.acknowledged).await?;
    let result = summary(&seen, args.seconds, case, callers, pool)?;
    eprintln!("{case:?}, {callers} callers, pool of {pool}: {} per second", result.per_second);
    Ok(result)
}

/// The work of each caller; no two callers share a stream.
fn work(case: Case, streams: &[String], callers: usize) -> Vec<Work> {
    match case {
        Case::New => repeat_with(new_tickets).take(callers).collect(),
        Case::Existing => streams
            .chunks_exact(streams.len() / callers)
            .take(callers)
            .map(|own| existing_tickets(own.to_vec()))
            .collect(),
    }
}

fn summary(seen: &Seen, seconds: u32, case: Case, callers: u32, pool: u32) -> Result<Measurement> {
    let millis = |percent| -> Result<f64> {
        let latency = seen.percentile(percent).context("no command succeeded in time")?;
        Ok(rounded(latency.as_secs_f64() * 1000.0, 1000.0))
    };
    let appends = u32::try_from(seen.latencies.len())?;
    Ok(Measurement {
        peer: "postgres-es",
        case,
        callers,
        pool,
        per_second: rounded(f64::from(appends) / f64::from(seconds), 10.0),
        p50_ms: millis(50)?,
        p99_ms: millis(99)?,
        errors: seen.errors,
    })
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_share_no_stream() {
        let streams: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let work = work(Case::Existing, &streams, 3);
        let mut visited: Vec<String> =
            work.into_iter().flat_map(|work| work.take(3).map(|(id, _)| id)).collect();
        visited.dedup();
        assert_eq!(visited, &streams[..9]);
    }
}
