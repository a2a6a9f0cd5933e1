//! `ledgerdesk projections …`

use indicatif::{ProgressBar, ProgressStyle};
use infrastructure::projection::{self, ReadModel, Status};
use serde_json::json;

use super::args::Globals;
use super::failure::Failure;
use super::output::Output;
use super::site::{Site, Use};

/// Prints how far each read model has come.
pub(crate) async fn list(site: &Site, output: Output) -> anyhow::Result<()> {
    let found = projection::status(site.database.pool()).await?;
    output.result(&found, || table(&found))
}

fn table(found: &[Status]) -> String {
    let mut lines = vec![format!(
        "{:<20} {:>10} {:>10} {:>10} {:>7}",
        "NAME", "POSITION", "LAG EVENTS", "LAG SECS", "PARKED"
    )];
    lines.extend(found.iter().map(|status| {
        let Status { model, position, lag_events, lag_seconds, parked } = status;
        format!("{model:<20} {position:>10} {lag_events:>10} {lag_seconds:>10.1} {parked:>7}")
    }));
    lines.join("\n")
}

/// Builds a read model again.
pub(crate) async fn rebuild(globals: &Globals, output: Output, name: &str) -> Result<(), Failure> {
    let models = projections::all();
    let Some(model) = models.iter().find(|model| model.name() == name) else {
        let names: Vec<_> = models.iter().map(ReadModel::name).collect();
        return Err(Failure::usage(format!(
            "there is no read model {name:?}; there are {}",
            names.join(", ")
        )));
    };
    Site::visit(globals, Use::Writing, async |site| rebuild_one(site, output, model).await).await
}

async fn rebuild_one(site: &Site, output: Output, model: &ReadModel) -> anyhow::Result<()> {
    let log = site.log().await?;
    let bar = bar("events");
    let rebuilt = projection::rebuild(&site.database, &log, model, |folded, of| {
        bar.set_length(u64::try_from(of).unwrap_or_default());
        bar.set_position(u64::try_from(folded).unwrap_or_default());
    })
    .await;
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    let seconds = rebuilt.took.as_secs_f64();
    let events = u32::try_from(rebuilt.events).unwrap_or(u32::MAX);
    let per_second = f64::from(events) / seconds.max(0.001);
    let value = json!({
        "model": model.name(),
        "events": rebuilt.events,
        "seconds": seconds,
        "events_per_second": per_second.round(),
    });
    output.result(&value, || {
        format!("{}: {events} events in {seconds:.1} s ({per_second:.0} events/s)", model.name())
    })
}

/// A progress bar over so many `things`, on standard error if that is a terminal.
pub(crate) fn bar(things: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {things}  {{per_sec}}  {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}
