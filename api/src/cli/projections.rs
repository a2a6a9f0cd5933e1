//! `ledgerdesk projections list` and `verify`.

use indicatif::{ProgressBar, ProgressStyle};
use infrastructure::projection::{self, Progress, ReadModel, Status, Verified};

use super::args::Globals;
use super::failure::Failure;
use super::output::Output;
use super::rebuild::watched;
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

/// The read model called `name`.
pub(crate) fn named(name: &str) -> Result<ReadModel, Failure> {
    let models = projections::all();
    let names: Vec<_> = models.iter().map(ReadModel::name).collect();
    let unknown =
        || Failure::usage(format!("there is no read model {name:?}; there are {}", names.join(", ")));
    models.iter().find(|model| model.name() == name).cloned().ok_or_else(unknown)
}

/// The one of this name, or all without a name.
pub(crate) fn chosen(name: Option<&str>) -> Result<Vec<ReadModel>, Failure> {
    name.map_or_else(|| Ok(projections::all()), |name| named(name).map(|model| vec![model]))
}

/// Compares read models with folds from the first event, up to the first that differs.
pub(crate) async fn verify(globals: &Globals, output: Output, name: Option<&str>) -> Result<(), Failure> {
    let models = chosen(name)?;
    Site::visit(globals, Use::Writing, async |site| verify_all(site, output, &models).await).await
}

async fn verify_all(site: &Site, output: Output, models: &[ReadModel]) -> anyhow::Result<()> {
    let log = site.log().await?;
    for model in models {
        let progress = Progress::default();
        let verified = watched(&progress, projection::verify(&site.database, &log, model, &progress)).await?;
        let differing = differing(&verified);
        output.result(&verified, || differing.clone().unwrap_or_else(|| equal(&verified)))?;
        anyhow::ensure!(differing.is_none(), "{} is not what the log says", model.name());
    }
    Ok(())
}

fn equal(verified: &Verified) -> String {
    let Verified { model, position, .. } = verified;
    format!("{model}: equal to a fold of the log at position {position}")
}

/// The first row that differs, in words.
fn differing(verified: &Verified) -> Option<String> {
    let table = verified.tables.iter().find(|table| table.differences > 0)?;
    let (name, rows) = (table.table, table.differences);
    let first = table.first.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(format!("{name}: {rows} rows differ at position {}; the first, {first}", verified.position))
}

/// A progress bar over so many `things`, on standard error if that is a terminal.
pub(crate) fn bar(things: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {things}  {{per_sec}}  {{eta}} left  {{msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}
