//! One PostgreSQL for all tests, with a database of its own for each.

use std::path::PathBuf;

use domain::access::Caller;
use infrastructure::database::{Database, MIGRATOR};
use infrastructure::keys::Keyring;
use infrastructure::log::PgLog;
use infrastructure::private_postgres::PrivatePostgres;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::Arc;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::watch::Watched;

/// The master key of every test desk.
pub const MASTER_KEY: [u8; 32] = *b"the master key of all test desks";

static SERVER: OnceCell<PgConnectOptions> = OnceCell::const_new();

/// Where the tests' PostgreSQL keeps its data: where `make test` says, else in `target`, for the next run.
fn data_dir() -> PathBuf {
    if let Some(named) = std::env::var_os("LEDGERDESK_TEST_POSTGRES") {
        return named.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
    target.join("test-data")
}

async fn server() -> &'static PgConnectOptions {
    SERVER
        .get_or_init(|| async {
            let dir = data_dir();
            std::fs::create_dir_all(&dir).expect("a folder for the tests' PostgreSQL");
            let server = PrivatePostgres::open(&dir).await.expect("a PostgreSQL for the tests");
            let options = server.connect_options();
            // Other test processes may be using it; it is left running for them.
            std::mem::forget(server);
            options
        })
        .await
}

/// The database with this program's schema and nothing else, which others are copied from: that takes a tenth of
/// the time of bringing each to the newest schema.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let schema = MIGRATOR.iter().flat_map(|migration| migration.checksum.iter());
            let schema = Uuid::new_v5(&Uuid::NAMESPACE_OID, &schema.copied().collect::<Vec<u8>>());
            let name = format!("schema_{}", schema.simple());
            make_template(&name).await.expect("a database to copy");
            name
        })
        .await
}

/// Makes the database `name` with the schema, unless a run before or one beside this has.
async fn make_template(name: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect_with(server().await).await?;
    sqlx::query("select pg_advisory_lock(hashtext($1))").bind(name).execute(&mut connection).await?;
    let is_there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await?;
    if !is_there {
        let unfinished = format!("{name}_new");
        let mut execute = async |statement: String| {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(drop)
        };
        execute(format!("drop database if exists {unfinished} with (force)")).await?;
        execute(format!("create database {unfinished}")).await?;
        Database::new(server().await.clone().database(&unfinished)).migrate().await?;
        execute(format!("alter database {unfinished} rename to {name}")).await?;
    }
    connection.close().await?;
    Ok(())
}

/// A database of its own, with the schema in it.
pub struct TestDatabase {
    /// How to reach it.
    pub options: PgConnectOptions,
    /// The same, as the product uses it.
    pub database: Database,
    _watched: Watched,
}

impl TestDatabase {
    /// A fresh database.
    ///
    /// # Panics
    /// If PostgreSQL does not do what it should.
    pub async fn create() -> Self {
        Self::made_from(template().await).await
    }

    /// A fresh database without the schema.
    ///
    /// # Panics
    /// If PostgreSQL does not do what it should.
    pub async fn empty() -> Self {
        Self::made_from("template1").await
    }

    async fn made_from(template: &str) -> Self {
        let server = server().await;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect_with(server).await.expect("the tests' PostgreSQL");
        sqlx::query(AssertSqlSafe(format!("create database {name} template {template} strategy file_copy")))
            .execute(&mut connection)
            .await
            .expect("a database");
        Self::at(server.clone().database(&name))
    }

    /// The database that `options` lead to, which is removed with this.
    #[must_use]
    pub fn at(options: PgConnectOptions) -> Self {
        Self { database: Database::new(options.clone()), options, _watched: Watched::begin() }
    }

    /// A copy of it as it is now, on which nobody else works: every connection to it is ended.
    ///
    /// # Panics
    /// If PostgreSQL does not do what it should.
    pub async fn copy(&mut self) -> Self {
        let name = self.options.get_database().expect("a name");
        let options = server().await.clone().username("postgres");
        let mut superuser = PgConnection::connect_with(&options).await.expect("the tests' PostgreSQL");
        let end = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
        sqlx::query(end).bind(name).execute(&mut superuser).await.expect("ended");
        let copy = format!("test_{}", Uuid::now_v7().simple());
        sqlx::query(AssertSqlSafe(format!(
            "create database {copy} template {name} owner {}",
            owner(&mut superuser, name).await
        )))
        .execute(&mut superuser)
        .await
        .expect("a copy");
        self.database = Database::new(self.options.clone());
        Self::at(self.options.clone().database(&copy))
    }

    /// Its keyring.
    #[must_use]
    pub fn keys(&self) -> Arc<Keyring> {
        Keyring::new(self.database.pool().clone(), &MASTER_KEY)
    }

    /// A log in it.
    ///
    /// # Panics
    /// If the log does not open.
    pub async fn log(&self) -> Arc<PgLog> {
        PgLog::open(&self.database, self.keys()).await.expect("a log")
    }

    /// A connection as the role that owns the database.
    ///
    /// # Panics
    /// If PostgreSQL does not answer.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect_with(&self.options).await.expect("the tests' PostgreSQL")
    }

    /// A connection as PostgreSQL's superuser.
    ///
    /// # Panics
    /// If PostgreSQL does not answer.
    pub async fn superuser(&self) -> PgConnection {
        let options = self.options.clone().username("postgres");
        PgConnection::connect_with(&options).await.expect("the tests' PostgreSQL")
    }
}

impl Drop for TestDatabase {
    /// Removes the database, so that a run leaves nothing behind.
    fn drop(&mut self) {
        let (Some(server), Some(name)) = (SERVER.get().cloned(), self.options.get_database()) else { return };
        let statement = format!("drop database if exists {name} with (force)");
        let removing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&server).await?;
                sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
                anyhow::Ok(())
            })
        });
        // A test that failed has said more than this could.
        let _ = removing.join();
    }
}

/// Who owns the database called `name`.
async fn owner(superuser: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select pg_get_userbyid(datdba)::text from pg_database where datname = $1")
        .bind(name)
        .fetch_one(superuser)
        .await
        .expect("an owner")
}

/// The desk itself, as a caller.
#[must_use]
pub fn the_desk() -> Caller {
    Caller::System("test")
}

/// The URL that other programs reach the database by.
///
/// # Panics
/// If the tests' PostgreSQL is not on a socket.
#[must_use]
pub fn url(options: &PgConnectOptions) -> String {
    let socket = options.get_socket().expect("the tests' PostgreSQL is on a socket").display().to_string();
    let database = options.get_database().unwrap_or("ledgerdesk");
    format!("postgres://{}@localhost/{database}?host={socket}", options.get_username())
}
