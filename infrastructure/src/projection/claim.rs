//! The sole right to rebuild, verify or put back a read model, held as long as its connection.

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::ReadModel;
use super::shape::run;
use crate::database::{Database, Purpose};

/// Read models are locked by this number and a hash of their name.
pub(crate) const LOCKS: i32 = 7302;

/// Why a read model cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Somebody else does.
    #[error("{0} is being rebuilt, verified or put back already")]
    Busy(&'static str),
    /// The database's role may not.
    #[error("building {0} needs the role that owns the database and its read models")]
    NotAllowed(&'static str),
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Database(#[from] sqlx::Error),
}

/// The sole right to rebuild, verify or put back a read model.
pub struct Claim {
    pub(super) database: Database,
    pub(super) connection: PgConnection,
    pub(super) model: ReadModel,
    pub(super) memory: usize,
}

/// How many bytes the rows being folded may take.
pub(super) const MEMORY: usize = 512 << 20;

impl Claim {
    /// Claims `model`, without waiting.
    ///
    /// # Errors
    /// Somebody else works on it, the role may not, or the database cannot be reached.
    pub async fn take(database: &Database, model: &ReadModel) -> Result<Self, Refused> {
        let mut connection = database.connect(Purpose::Owner).await?;
        let tables: Vec<&str> = model.table_names().collect();
        let (allowed, free): (bool, bool) = sqlx::query_as(
            "select has_database_privilege(current_database(), 'create')
                and has_schema_privilege('read', 'create')
                and coalesce((select bool_and(pg_has_role(tableowner, 'usage')) from pg_tables
                               where schemaname = 'read' and tablename = any($3)), false),
                    pg_try_advisory_lock($1, hashtext($2))",
        )
        .bind(LOCKS)
        .bind(model.name())
        .bind(&tables)
        .fetch_one(&mut connection)
        .await?;
        if !allowed {
            return Err(Refused::NotAllowed(model.name()));
        }
        if !free {
            return Err(Refused::Busy(model.name()));
        }
        Ok(Self { database: database.clone(), connection, model: model.clone(), memory: MEMORY })
    }

    /// The same, to be worked on with so many bytes of memory for rows instead of 512 MiB.
    #[must_use]
    pub fn within(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// An empty schema for the model's tables, `read_<purpose>_<model>`; what a crash left there is gone.
    pub(super) async fn fresh_schema(&mut self, purpose: &str) -> sqlx::Result<String> {
        let schema = format!("read_{purpose}_{}", self.model.name());
        self.drop_schema(&schema).await?;
        run(&mut self.connection, format!("create schema {schema}")).await?;
        run(&mut self.connection, format!("grant usage on schema {schema} to ledgerdesk_app")).await?;
        Ok(schema)
    }

    /// Drops a schema of tables and what was parked for them.
    pub(super) async fn drop_schema(&mut self, schema: &str) -> sqlx::Result<()> {
        let name = super::follower::name_beside(&self.model, schema);
        forget_parked(&mut self.connection, &name).await?;
        self.connection.execute("set client_min_messages = warning").await?;
        run(&mut self.connection, format!("drop schema if exists {schema} cascade")).await
    }

    /// Gives the right up.
    pub(super) async fn release(mut self) -> sqlx::Result<()> {
        // The server takes a moment to notice that a connection is closed; the next one need not wait for it.
        self.connection.execute("select pg_advisory_unlock_all()").await?;
        self.connection.close().await
    }
}

/// Forgets what is parked under `name`.
pub(super) async fn forget_parked(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query("delete from read.parked where model = $1").bind(name).execute(connection).await.map(|_| ())
}
