//! Who may connect to the private server, and to what.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor as _};

/// The role that the desk connects as, and the database that it owns.
pub(super) const OWNER: &str = "ledgerdesk";
const SUPERUSER: &str = "postgres";
/// How long a server that has just recovered may turn connections away.
const PATIENCE: Duration = Duration::from_secs(30);

/// How `role` connects to `database`.
pub(super) fn connect_options(socket_dir: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .port(5432)
        .socket(socket_dir)
        .username(role)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// Creates whatever is missing of the desk's role and database.
pub(super) async fn ensure(socket_dir: &Path) -> anyhow::Result<()> {
    let mut connection = connect(socket_dir).await.context("cannot connect to the private PostgreSQL")?;
    create_missing(&mut connection).await.context("cannot create the role and the database ledgerdesk")?;
    connection.close().await?;
    let mut connection = connect_options(socket_dir, SUPERUSER, OWNER).connect().await?;
    grant_purging(&mut connection)
        .await
        .context("cannot let the role ledgerdesk purge the database's log")?;
    Ok(connection.close().await?)
}

/// Lets the desk have the server let go of its write-ahead log, which erasing a person takes.
async fn grant_purging(connection: &mut PgConnection) -> sqlx::Result<()> {
    let may = "select has_function_privilege('ledgerdesk', 'pg_switch_wal()', 'execute')
                  and pg_has_role('ledgerdesk', 'pg_checkpoint', 'member')";
    if !sqlx::query_scalar::<_, bool>(may).fetch_one(&mut *connection).await? {
        connection.execute("grant pg_checkpoint to ledgerdesk").await?;
        connection.execute("grant execute on function pg_switch_wal() to ledgerdesk").await?;
    }
    Ok(())
}

async fn create_missing(connection: &mut PgConnection) -> sqlx::Result<()> {
    let role = "select exists (select from pg_roles where rolname = 'ledgerdesk')";
    if !sqlx::query_scalar::<_, bool>(role).fetch_one(&mut *connection).await? {
        sqlx::query("create role ledgerdesk login createrole createdb").execute(&mut *connection).await?;
    }
    let database = "select exists (select from pg_database where datname = 'ledgerdesk')";
    if !sqlx::query_scalar::<_, bool>(database).fetch_one(&mut *connection).await? {
        sqlx::query("create database ledgerdesk owner ledgerdesk").execute(&mut *connection).await?;
    }
    Ok(())
}

async fn connect(socket_dir: &Path) -> sqlx::Result<PgConnection> {
    let begun = Instant::now();
    loop {
        match connect_options(socket_dir, SUPERUSER, SUPERUSER).connect().await {
            Err(error) if recovering(&error) && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

/// `cannot_connect_now`: the server is starting up or recovering from the crash of a session.
fn recovering(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57P03"))
}
