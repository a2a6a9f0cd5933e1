//! `ledgerdesk projections rebuild` and `rollback`.

use std::future::Future;
use std::time::Duration;

use infrastructure::projection::{
    At, Claim, Compared, CopyName, Frozen, Progress, ReadModel, Rebuilt, freeze, sweep_previous,
};
use serde_json::json;

use super::args::{Globals, Rebuild};
use super::failure::Failure;
use super::output::Output;
use super::projections::{bar, chosen, named};
use super::site::{Site, Use};

/// How often the progress bar looks.
const LOOK: Duration = Duration::from_millis(100);

/// Builds a read model again, or a frozen copy.
pub(crate) async fn run(globals: &Globals, output: Output, what: &Rebuild) -> Result<(), Failure> {
    let models = chosen(what.name.as_deref())?;
    let copy = what.at.zip(what.into.clone());
    let work = async |site: &Site| {
        if let Some((at, into)) = &copy {
            return copy_into(site, output, &models, (*at, into)).await;
        }
        for model in &models {
            rebuild(site, output, model).await?;
        }
        Ok(())
    };
    Site::visit(globals, Use::Writing, work).await
}

async fn rebuild(site: &Site, output: Output, model: &ReadModel) -> anyhow::Result<()> {
    sweep_previous(&site.database, &projections::all()).await?;
    let (log, progress) = (site.log().await?, Progress::default());
    let claim = Claim::take(&site.database, model).await?;
    let rebuilt = watched(&progress, claim.rebuild(&log, &progress)).await?;
    let value = json!({
        "model": model.name(),
        "events": rebuilt.events,
        "seconds": rebuilt.took.as_secs_f64(),
        "events_per_second": rebuilt.events_per_second().round(),
        "rows": rebuilt.rows,
        "compared": rebuilt.compared,
    });
    output.result(&value, || told(model, &rebuilt))
}

/// The outcome in words.
fn told(model: &ReadModel, rebuilt: &Rebuilt) -> String {
    let (events, seconds) = (rebuilt.events, rebuilt.took.as_secs_f64());
    let speed = rebuilt.events_per_second();
    let mut lines =
        vec![format!("{}: {events} events in {seconds:.1} s ({speed:.0} events/s)", model.name())];
    let Some(compared) = &rebuilt.compared else {
        lines.push("the live read model was too far behind to be compared with".to_owned());
        return lines.join("\n");
    };
    lines.extend(compared.iter().map(|compared| {
        let Compared { table, live, rows, equal, in_full } = compared;
        let extent = if *in_full { "every row" } else { "a sample" };
        if *equal {
            format!("{table}: {rows} rows, {extent} compared with the live table: equal")
        } else {
            format!("{table}: {rows} rows, DIFFERENT from the live table, which had {live}")
        }
    }));
    lines.join("\n")
}

async fn copy_into(
    site: &Site,
    output: Output,
    models: &[ReadModel],
    which: (At, &CopyName),
) -> anyhow::Result<()> {
    let (log, progress) = (site.log().await?, Progress::default());
    let frozen = watched(&progress, freeze(&site.database, &log, models, which, &progress)).await?;
    let Frozen { position, rows, parked } = &frozen;
    let tables: serde_json::Map<_, _> =
        rows.iter().map(|(table, rows)| ((*table).to_owned(), json!(rows))).collect();
    let value =
        json!({ "schema": which.1.to_string(), "position": position, "rows": tables, "parked": parked });
    output.result(&value, || {
        let tables: Vec<String> = rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
        let aside = if *parked > 0 { format!("; {parked} events set aside") } else { String::new() };
        format!("schema {} as of position {position}: {}{aside}", which.1, tables.join(", "))
    })
}

/// Puts the tables back that the last rebuild replaced.
pub(crate) async fn roll_back(globals: &Globals, output: Output, name: &str) -> Result<(), Failure> {
    let model = named(name)?;
    let work = async |site: &Site| {
        let (log, progress) = (site.log().await?, Progress::default());
        let claim = Claim::take(&site.database, &model).await?;
        let position = watched(&progress, claim.rollback(&log, &progress)).await?;
        output.result(&json!({ "model": name, "position": position }), || {
            format!("{name}: the tables from before are back, at position {position}")
        })
    };
    Site::visit(globals, Use::Writing, work).await
}

/// Does `work` and shows how far it has come.
pub(crate) async fn watched<T>(
    progress: &Progress,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let bar = bar("events");
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(LOOK) => {
                let now = progress.now();
                bar.set_length(now.of.unsigned_abs());
                bar.set_position(now.folded.unsigned_abs());
                bar.set_message(<&str>::from(now.phase).replace('_', " "));
            }
        }
    };
    bar.finish_and_clear();
    done
}
