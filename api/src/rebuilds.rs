//! The rebuilds of read models that this process runs beside its requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use infrastructure::database::Database;
use infrastructure::projection::{Claim, Progress, Reached, ReadModel, Rebuilt, Refused, sweep_previous};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;

/// How often it is looked for replaced tables that have been kept long enough.
const SWEEP: Duration = Duration::from_hours(1);

/// The rebuilds that this process runs, and how the last one of each read model ended.
#[derive(Default)]
pub(crate) struct Rebuilds {
    of: Mutex<HashMap<&'static str, Known>>,
    stop: CancellationToken,
}

/// What this process knows of a read model's rebuilds.
#[derive(Clone, Default)]
struct Known {
    running: Option<Arc<Progress>>,
    last: Option<Ended>,
}

/// How a rebuild ended.
#[derive(Clone)]
pub(crate) struct Ended {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// What it did; none if it failed, for reasons that are in the log.
    pub(crate) rebuilt: Option<Rebuilt>,
}

impl Rebuilds {
    /// Rebuilds that end with `stop`.
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { of: Mutex::default(), stop }
    }

    /// Begins to rebuild `model`.
    pub(crate) async fn start(desk: &Desk, model: &ReadModel) -> Result<(), Refused> {
        let claim = Claim::take(&desk.database, model).await?;
        let progress = Arc::new(Progress::default());
        desk.rebuilds.know(model, |known| known.running = Some(Arc::clone(&progress)));
        let (desk, name) = (desk.clone(), model.clone());
        tokio::spawn(async move {
            let stop = desk.rebuilds.stop.clone();
            let rebuilt = tokio::select! {
                rebuilt = claim.rebuild(&desk.log, &progress) => rebuilt,
                // What was built so far is cleared away by the next rebuild.
                () = stop.cancelled() => return,
            };
            let rebuilt = report(name.name(), rebuilt);
            let ended = Ended { at: Utc::now(), rebuilt };
            desk.rebuilds.know(&name, |known| *known = Known { running: None, last: Some(ended) });
        });
        Ok(())
    }

    /// How far this process has come with rebuilding the read model called `name`, and how the last one ended.
    pub(crate) fn of(&self, name: &str) -> (Option<Reached>, Option<Ended>) {
        let known = self.of.lock().expect("no panic while rebuilds are noted").get(name).cloned();
        let known = known.unwrap_or_default();
        (known.running.map(|progress| progress.now()), known.last)
    }

    fn know(&self, model: &ReadModel, change: impl FnOnce(&mut Known)) {
        change(self.of.lock().expect("no panic while rebuilds are noted").entry(model.name()).or_default());
    }
}

/// Tells the operator how a rebuild ended; gives what it did.
fn report(model: &'static str, rebuilt: anyhow::Result<Rebuilt>) -> Option<Rebuilt> {
    let outcome = if rebuilt.is_ok() { "done" } else { "failed" };
    metrics::counter!("ledgerdesk_projection_rebuilds_total", "model" => model, "outcome" => outcome)
        .increment(1);
    match rebuilt {
        Ok(rebuilt) => {
            let seconds = rebuilt.took.as_secs_f64();
            metrics::gauge!("ledgerdesk_projection_rebuild_seconds", "model" => model).set(seconds);
            tracing::info!(model, events = rebuilt.events, seconds, "A read model was rebuilt");
            Some(rebuilt)
        }
        Err(error) => {
            tracing::error!(model, error = format!("{error:#}"), "A read model could not be rebuilt");
            None
        }
    }
}

/// Drops what rebuilds replaced when it was kept long enough, until `stop`.
pub(crate) async fn sweep(database: Database, stop: CancellationToken) {
    loop {
        // A role that may not drop tables leaves them to the next rebuild by one that may.
        if let Err(error) = sweep_previous(&database, &projections::all()).await {
            tracing::debug!(error = format!("{error:#}"), "Replaced tables could not be dropped");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}
