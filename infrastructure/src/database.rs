//! The database: how to reach it, and as whom.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};

/// The schema, from the first version to the newest.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// How long a request waits for a connection before the database counts as unreachable.
const ACQUIRE: Duration = Duration::from_millis(1_500);
/// After this long without use a connection is tested before it is used again.
const RESTED: Duration = Duration::from_millis(500);
/// How many requests may talk to the database at a time, unless an operator says otherwise.
pub(crate) const CONNECTIONS: u32 = 16;

/// What a connection is for; each kind has its own session settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading for a request.
    Request,
    /// Appending to the log.
    Append,
    /// Keeping read models.
    Projection,
    /// Changing the schema: the one purpose that keeps the privileges of the database's owner.
    Owner,
}

impl Purpose {
    /// The role has the least privileges that suffice; whoever owns the database gives up the rest here.
    ///
    /// The same statements run over and over: one generic plan for good, since planning costs more than most of
    /// them. The writer and the projections, whose arguments are arrays, get no sequential scan that was only
    /// right while a table was empty. What a
    /// projection writes may be lost with its checkpoint and is then written again, so it does not wait for
    /// the disk. A process that is paused between two statements of a projection's transaction would hold the
    /// checkpoints, and with them the leases, for as long as it sleeps: the server ends its session.
    fn settings(self) -> &'static str {
        match self {
            Self::Request => {
                "set role ledgerdesk_app; set statement_timeout = '10s'; set lock_timeout = '2s';
                 set jit = off; set plan_cache_mode = force_generic_plan"
            }
            Self::Append => {
                "set role ledgerdesk_app; set lock_timeout = '2s'; set jit = off;
                 set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
                 set enable_hashjoin = off; set enable_mergejoin = off"
            }
            Self::Projection => {
                "set role ledgerdesk_app; set lock_timeout = '10s'; set jit = off;
                 set synchronous_commit = off; set idle_in_transaction_session_timeout = '2s';
                 set plan_cache_mode = force_generic_plan;
                 set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off"
            }
            Self::Owner => "set jit = off; set synchronous_commit = off",
        }
    }
}

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Database {
    options: PgConnectOptions,
    pool: PgPool,
}

impl Database {
    /// The database at `options`. Connects when first used.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self::with(options, CONNECTIONS)
    }

    /// The same with so many connections, at most, that requests share.
    #[must_use]
    pub fn with(options: PgConnectOptions, connections: u32) -> Self {
        let options = options.application_name("ledgerdesk").disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    // A busy connection needs no test; one that rested may have lost its server meanwhile.
                    Ok(used.idle_for < RESTED || connection.ping().await.is_ok())
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(Purpose::Request.settings()).await.map(|_| ()) })
            })
            .connect_lazy_with(options.clone());
        Self { options, pool }
    }

    /// How to reach it.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The connections that requests share.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// The database cannot be reached within two seconds.
    pub async fn connect(&self, purpose: Purpose) -> sqlx::Result<PgConnection> {
        let connecting = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            connection.execute(purpose.settings()).await?;
            Ok(connection)
        };
        tokio::time::timeout(Duration::from_secs(2), connecting)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Brings the schema to the newest version, as the role that owns the database.
    ///
    /// # Errors
    /// The database cannot be reached, a migration fails, or the schema is newer than this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options)
            .await
            .context("the database cannot be reached; is DATABASE_URL right?")?;
        MIGRATOR.run(&mut connection).await.context("the database's schema cannot be brought up to date")?;
        connection.close().await?;
        Ok(())
    }

    /// Whether the schema is the one this program expects.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn is_migrated(&self) -> sqlx::Result<bool> {
        let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
        let exists: bool = sqlx::query_scalar("select to_regclass('public._sqlx_migrations') is not null")
            .fetch_one(&self.pool)
            .await?;
        if !exists {
            return Ok(false);
        }
        sqlx::query_scalar(
            "select coalesce(max(version), 0) >= $1 from public._sqlx_migrations where success",
        )
        .bind(newest)
        .fetch_one(&self.pool)
        .await
    }
}

/// Why the role may not do it, in the server's words, if that is what `error` says.
#[must_use]
pub fn denied(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    (error.code().as_deref() == Some("42501")).then(|| error.message().to_owned())
}

/// The same for an error with context.
#[must_use]
pub fn is_denied(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| denied(cause.downcast_ref::<sqlx::Error>()?))
}

/// Whether `error` says that the database cannot be reached or is shutting down, as opposed to that it
/// understood and refused.
#[must_use]
pub fn is_unreachable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection trouble, shutdown or start-up, a lock or statement that took too long, no resources.
            code.starts_with("08")
                || code.starts_with("53")
                || matches!(&*code, "57P01" | "57P02" | "57P03" | "57014" | "55P03" | "25006")
        }),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}
