//! `ledgerdesk ai models …`: the models of routing that a desk trains itself.

use std::sync::Arc;

use api::models::{self, NotPromoted, NotTrained, TrainedModel};
use application::{Commands, Request};
use chrono::Utc;
use domain::access::Caller;
use domain::event::Event;
use domain::setting::{STREAM, Setting, SettingCommand, SettingEvent, SettingValue};
use infrastructure::log::PgLog;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::args::{ModelsCommand, Retrain};
use crate::cli::args::Globals;
use crate::cli::failure::{Failure, reason};
use crate::cli::output::Output;
use crate::cli::site::{Site, Use};

/// Does one of them, beside a server that runs or without one.
pub(crate) async fn run(globals: &Globals, output: Output, command: ModelsCommand) -> Result<(), Failure> {
    let wanted = if matches!(command, ModelsCommand::List) { Use::Reading } else { Use::Writing };
    Site::visit(globals, wanted, async |site| {
        let log = site.log().await?;
        let done = match command {
            ModelsCommand::List => list(site, &log, output).await,
            ModelsCommand::Retrain(asked) => retrain(site, &log, output, &asked).await,
            ModelsCommand::Promote { version } => promote(site, &log, output, version).await,
            ModelsCommand::Rollback => roll_back(&log, output).await,
        };
        log.close().await;
        done
    })
    .await
}

/// The models, and which is in use.
#[derive(Serialize)]
struct Listed {
    in_use: i32,
    name: String,
    departments: Vec<String>,
    categories: Vec<String>,
    models: Vec<TrainedModel>,
}

async fn list(site: &Site, log: &Arc<PgLog>, output: Output) -> Result<(), Failure> {
    let pool = site.database.pool();
    let in_use = in_use(log).await?;
    let engine = models::engine_with(pool, in_use).await.map_err(anyhow::Error::new)?;
    let router = engine.router();
    let listed = Listed {
        in_use,
        name: router.name(),
        departments: router.departments().into_iter().map(str::to_owned).collect(),
        categories: router.categories().map(str::to_owned).collect(),
        models: models::all(pool).await.map_err(anyhow::Error::new)?,
    };
    Ok(output.result(&listed, || table(&listed))?)
}

async fn retrain(site: &Site, log: &Arc<PgLog>, output: Output, asked: &Retrain) -> Result<(), Failure> {
    let pool = site.database.pool();
    let engine = models::engine_with(pool, in_use(log).await?).await.map_err(anyhow::Error::new)?;
    let trained = models::retrain(pool, engine, asked.days, None).await.map_err(not_trained)?;
    Ok(output.result(&trained, || described(&trained))?)
}

async fn promote(site: &Site, log: &Arc<PgLog>, output: Output, version: i32) -> Result<(), Failure> {
    let promotable = models::promotable(site.database.pool(), in_use(log).await?, version).await;
    promotable.map_err(not_promoted)?;
    put_into_use(log, output, version).await
}

async fn roll_back(log: &Arc<PgLog>, output: Output) -> Result<(), Failure> {
    let in_use = in_use(log).await?;
    let Some(version) = models::earlier(in_use, were_in_use(log).await?) else {
        return Err(Failure::Failed(anyhow::anyhow!(
            "the model that is shipped is in use: there is none before it (NOT_FOUND)"
        )));
    };
    put_into_use(log, output, version).await
}

async fn put_into_use(log: &Arc<PgLog>, output: Output, version: i32) -> Result<(), Failure> {
    let set = vec![(Setting::RoutingModel, SettingValue::Number(i64::from(version)))];
    let request = Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7());
    let done = commands(log).set(&request, SettingCommand::Change(set)).await.map_err(reason)?;
    let is_changed = done != application::Done::Unchanged;
    Ok(output.result(&json!({ "in_use": version, "changed": is_changed }), || {
        if is_changed {
            format!("Version {version} is in use from now on.")
        } else {
            format!("Version {version} is in use already.")
        }
    })?)
}

fn commands(log: &Arc<PgLog>) -> Commands {
    Commands::new(Arc::clone(log) as Arc<dyn application::ledger::Ledger>)
}

async fn in_use(log: &Arc<PgLog>) -> anyhow::Result<i32> {
    Ok(commands(log).load_settings().await.map_err(reason)?.state.routing_model())
}

/// The versions that were put into use, as the log has it.
async fn were_in_use(log: &PgLog) -> anyhow::Result<Vec<i32>> {
    let mut versions = Vec::new();
    for row in log.rows_of(&[STREAM]).await? {
        if let Event::Setting(SettingEvent::SettingChanged { name, to, .. }) =
            row.open(log.keys()).await?.event
            && name == Setting::RoutingModel.name()
        {
            versions.extend(json!(to).as_i64().and_then(|version| i32::try_from(version).ok()));
        }
    }
    Ok(versions)
}

fn not_trained(error: NotTrained) -> Failure {
    match error {
        NotTrained::Database(error) => Failure::Failed(error.into()),
        error => Failure::Failed(anyhow::anyhow!("{error} ({})", error.code())),
    }
}

fn not_promoted(error: NotPromoted) -> Failure {
    match error {
        NotPromoted::Database(error) => Failure::Failed(error.into()),
        error => Failure::Failed(anyhow::anyhow!("{error} ({})", error.code())),
    }
}

fn table(listed: &Listed) -> String {
    let mut lines = vec![format!(
        "{:<8} {:<17} {:>8} {:>8} {:>8} {:>8} {:>11} {:>8}",
        "VERSION", "TRAINED", "EXAMPLES", "HELD OUT", "ACCURACY", "BEFORE", "CATEGORIES", "BEFORE"
    )];
    let name = |version: i32| {
        let in_use = if version == listed.in_use { "*" } else { "" };
        format!("{version}{in_use}")
    };
    lines.extend(listed.models.iter().map(|model| {
        let category = model.category.as_ref();
        let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"));
        format!(
            "{:<8} {:<17} {:>8} {:>8} {:>8.3} {:>8.3} {:>11} {:>8}",
            name(model.version),
            model.trained_at.format("%Y-%m-%d %H:%M"),
            model.examples,
            model.held_out,
            model.accuracy,
            model.baseline,
            share(category.map(|category| category.worth.accuracy)),
            share(category.map(|category| category.worth.baseline)),
        )
    }));
    lines.push(format!("{:<8} shipped", name(0)));
    lines.push(format!("* in use: {}, departments {}", listed.name, listed.departments.join(", ")));
    if let Some(model) = listed.models.iter().find(|model| model.version == listed.in_use) {
        lines.extend(matrices(model));
    }
    lines.join("\n")
}

fn described(model: &TrainedModel) -> String {
    let TrainedModel { version, examples, corrections, held_out, accuracy, baseline, category, .. } = model;
    let mut lines = vec![
        format!("Version {version}, from {examples} tickets, {corrections} of them moved by people."),
        format!(
            "Of {held_out} held out it routes {accuracy:.3} as people did, the one before it {baseline:.3}."
        ),
    ];
    if let Some(category) = category {
        let worth = &category.worth;
        let taken = if category.is_used { "" } else { ": not taken over" };
        lines.push(format!(
            "Categories of {} held out: {:.3}, before {:.3}{taken}.",
            worth.held_out, worth.accuracy, worth.baseline
        ));
    }
    lines.extend(matrices(model));
    let promoted = if model.is_better() { "may be promoted" } else { "is not better and cannot be promoted" };
    lines.push(format!("It {promoted}."));
    lines.join("\n")
}

/// What was given for what: a matrix for departments and, if they were learned, one for categories.
fn matrices(model: &TrainedModel) -> Vec<String> {
    let mut lines = vec!["Departments:".to_owned()];
    lines.extend(matrix(&model.confusion));
    if let Some(category) = &model.category {
        lines.push("Categories:".to_owned());
        lines.extend(matrix(&category.worth.confusion));
    }
    lines
}

/// A line for each label as people said, with how often each was given in the same order.
fn matrix(confusion: &Value) -> Vec<String> {
    let labels: Vec<&str> =
        confusion["labels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let counts = confusion["counts"].as_array().into_iter().flatten();
    let lines = labels.iter().zip(counts).map(|(label, row)| {
        let counts = row.as_array().into_iter().flatten().filter_map(Value::as_u64);
        let given: Vec<String> = counts.map(|count| format!("{count:>5}")).collect();
        format!("  {label:<width$} {}", given.join(" "))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_has_a_line_for_each_label() {
        let confusion = json!({ "labels": ["FACILITIES", "IT"], "counts": [[8, 2], [0, 10]] });
        assert_eq!(matrix(&confusion), ["  FACILITIES     8     2", "  IT             0    10"]);
    }
}
