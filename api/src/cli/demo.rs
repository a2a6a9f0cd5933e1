//! `ledgerdesk demo`

use std::fs::File;

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::args::{Demo, Globals};
use super::failure::Failure;
use super::output::Output;
use super::projections::bar;
use super::site::{Site, Use};
use crate::demo::sample::{self, Row};
use crate::demo::{Filed, is_welcome, stories, take_sample, tell_stories};

/// Adds demo people and tickets through the command side.
pub(crate) async fn run(globals: &Globals, output: Output, args: Demo) -> Result<(), Failure> {
    let rows = match &args.from {
        None => None,
        Some(path) => {
            let shown = path.display();
            let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
            Some(sample::rows(file).with_context(|| format!("{shown} cannot be used"))?)
        }
    };
    let all = rows.as_ref().map_or_else(|| Ok(stories::all()?.len()), |rows| anyhow::Ok(rows.len()))?;
    let count = args.tickets.unwrap_or(all);
    if rows.is_none() && count > all {
        return Err(Failure::usage(format!("the demo has {all} tickets; --from FILE.csv brings more")));
    }
    Site::visit(globals, Use::Writing, async |site| file(site, output, rows.as_deref(), count).await).await
}

async fn file(site: &Site, output: Output, rows: Option<&[Row]>, count: usize) -> anyhow::Result<()> {
    ensure!(
        rows.is_some() || is_welcome(&site.database).await?,
        "this desk has tickets of its own, and the demo's accounts have a password that everybody knows; \
         choose another --data-dir for the demo"
    );
    let log = site.log().await?;
    let bar = bar("tickets");
    bar.set_length(u64::try_from(count)?);
    let progress = |done: usize| bar.set_position(u64::try_from(done).unwrap_or_default());
    let filed = match rows {
        None => tell_stories(&site.database, &log, count, progress).await,
        Some(rows) => take_sample(&log, rows, count, progress).await,
    };
    bar.finish_and_clear();
    log.close().await;
    let Filed { tickets, events, took } = filed?;
    let seconds = took.as_secs_f64();
    output.result(&json!({ "tickets": tickets, "events": events, "seconds": seconds }), || {
        format!("{tickets} tickets, {events} events added, {seconds:.1} s")
    })
}
