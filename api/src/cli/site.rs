//! Where a subcommand works: the database of a data directory or of one's own, with or without a server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use infrastructure::config::{Config, Overrides, environment};
use infrastructure::database::Database;
use infrastructure::keys::Keyring;
use infrastructure::log::PgLog;
use infrastructure::mail;
use infrastructure::private_postgres::PrivatePostgres;
use infrastructure::secrets::{Keys, SecretsError};
use infrastructure::telemetry;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args::Globals;
use super::failure::Failure;

/// What a subcommand wants of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// To look: a database of one's own is left as it is.
    Reading,
    /// To add to it: the schema is brought up to date first.
    Writing,
}

/// The database that the command line and the configuration speak of.
pub(crate) struct Site {
    /// How to reach it.
    pub(crate) database: Database,
    config: Config,
}

impl Site {
    /// Does `work` on the database: joins the private server or starts it for as long as it takes. SIGINT
    /// and SIGTERM end the work, not what has to be closed after it.
    pub(crate) async fn visit<E: Into<Failure>>(
        globals: &Globals,
        wanted: Use,
        work: impl AsyncFnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let config = configuration(globals, None)?;
        start_logging(&config, "warn")?;
        if config.embedded() {
            secrets(&config)?; // before there is a database that depends on them
        }
        let stop = stop_on_signal();
        let (options, postgres) = connect(&config).await?;
        let site = Self { database: Database::with(options, config.storage.connections), config };
        let worked = tokio::select! {
            worked = site.work(wanted, work) => worked,
            () = stop.cancelled() => Err(Failure::Interrupted),
        };
        close(site.database.pool()).await;
        let closed = leave(postgres).await;
        worked.and(closed)
    }

    async fn work<E: Into<Failure>>(
        &self,
        wanted: Use,
        work: impl AsyncFnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), Failure> {
        if self.config.embedded() || wanted == Use::Writing {
            self.database.migrate().await?;
        }
        work(self).await.map_err(Into::into)
    }

    /// Where mails are that did not leave the house.
    pub(crate) fn mail_folder(&self) -> PathBuf {
        mail::folder(&self.config.storage.data_dir)
    }

    /// The log. To be closed when it was written to.
    pub(crate) async fn log(&self) -> anyhow::Result<Arc<PgLog>> {
        let secrets = self.config.keys()?;
        let keys = Keyring::new(self.database.pool().clone(), secrets.master.expose());
        PgLog::open(&self.database, keys).await.context("the log cannot be opened")
    }
}

/// The configuration as the command line, the environment and the file have it.
pub(crate) fn configuration(globals: &Globals, listen: Option<SocketAddr>) -> Result<Config, Failure> {
    let overrides =
        Overrides { listen, data_dir: globals.data_dir.clone(), database_url: globals.database_url.clone() };
    Ok(Config::read(&environment, globals.config.as_deref(), overrides)?)
}

/// The secrets, made where they may be.
pub(crate) fn secrets(config: &Config) -> Result<Keys, Failure> {
    config.keys().map_err(|error| match error {
        SecretsError::Missing(_) => Failure::usage(error.to_string()),
        error => Failure::Failed(error.into()),
    })
}

/// Begins to log what `RUST_LOG` says, or `quiet` if nobody says anything.
pub(crate) fn start_logging(config: &Config, quiet: &str) -> Result<(), Failure> {
    let is_default = config.logs.filter == "info" && environment("RUST_LOG").is_none();
    let filter = if is_default { quiet } else { &config.logs.filter };
    Ok(telemetry::init(config.logs.format, filter)?)
}

/// How to reach the database, and the private server if it is that one.
pub(crate) async fn connect(config: &Config) -> Result<(PgConnectOptions, Option<PrivatePostgres>), Failure> {
    if let Some(url) = &config.storage.database_url {
        let options = url.expose().parse::<PgConnectOptions>();
        // The reason might show the URL and with it the password.
        let options =
            options.map_err(|_| Failure::usage("DATABASE_URL is *** and cannot be read as a URL"))?;
        return Ok((options, None));
    }
    let postgres = PrivatePostgres::open(&config.storage.data_dir)
        .await
        .context("the private PostgreSQL cannot be used")?;
    Ok((postgres.connect_options(), Some(postgres)))
}

/// Closes the connections; those that do not come back are left to the end of the process.
pub(crate) async fn close(pool: &PgPool) {
    const PATIENCE: Duration = Duration::from_secs(5);
    if tokio::time::timeout(PATIENCE, pool.close()).await.is_err() {
        tracing::debug!("Connections were still in use at the end");
    }
}

/// Leaves the private server, which stops if nobody else uses it.
pub(crate) async fn leave(postgres: Option<PrivatePostgres>) -> Result<(), Failure> {
    if let Some(postgres) = postgres {
        postgres.close().await.context("the private PostgreSQL cannot be stopped")?;
    }
    Ok(())
}

/// Is cancelled by the first SIGINT or SIGTERM from now on.
pub(crate) fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    if let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            }
            stop.cancel();
        });
    }
    stop
}
