//! Whether the database answers, as one task keeps finding out.
//!
//! A database that is gone refuses at once, but one that is paused or behind a broken network says nothing:
//! everybody who asked it would wait for as long as they have patience. The watch asks over a connection of
//! its own and tells them.

use std::time::Duration;

use sqlx::{Executor as _, PgConnection};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::database::{Database, Purpose};

/// How often it asks.
const EVERY: Duration = Duration::from_millis(200);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(800);

/// Whether the database answers.
#[derive(Debug, Clone)]
pub struct Reachable(watch::Receiver<bool>);

impl Reachable {
    /// Keeps asking `database` until `stop`. Until the first answer it counts as reachable.
    #[must_use]
    pub fn watch(database: Database, stop: CancellationToken) -> Self {
        let (answers, answered) = watch::channel(true);
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = keep_asking(&database, &answers) => {}
            }
        });
        Self(answered)
    }

    /// Returns once the database does not answer; at once if it does not now.
    pub async fn lost(&self) {
        let mut answered = self.0.clone();
        if answered.wait_for(|answers| !answers).await.is_err() {
            // Nobody asks any more: the desk is stopping.
            std::future::pending::<()>().await;
        }
    }
}

async fn keep_asking(database: &Database, answers: &watch::Sender<bool>) {
    let mut connection = None;
    loop {
        let asked = tokio::time::timeout(PATIENCE, ask(database, connection.take())).await;
        let answer = asked.is_ok_and(|asked| {
            connection = asked.ok();
            connection.is_some()
        });
        answers.send_if_modified(|before| {
            let changed = *before != answer;
            if changed && answer {
                tracing::info!("The database answers again");
            } else if changed {
                tracing::error!("The database does not answer");
            }
            *before = answer;
            changed
        });
        tokio::time::sleep(EVERY).await;
    }
}

async fn ask(database: &Database, connection: Option<PgConnection>) -> sqlx::Result<PgConnection> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => database.connect(Purpose::Request).await?,
    };
    connection.execute("select 1").await?;
    Ok(connection)
}
