//! What a table looks like, as the catalogue has it: to make another one like it.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, PgConnection};

/// A table's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    schema: String,
    table: String,
    /// Its storage parameters, such as `fillfactor=80`.
    options: Option<String>,
    /// Its constraints: names and definitions.
    constraints: Vec<(String, String)>,
    /// The definitions of its other indexes.
    indexes: Vec<String>,
}

impl Shape {
    /// The definition of `schema.table`.
    ///
    /// # Errors
    /// The database cannot be reached, or there is no such table.
    pub(crate) async fn read(
        connection: &mut PgConnection,
        schema: &str,
        table: &str,
    ) -> anyhow::Result<Self> {
        let found: Option<(i64, Option<String>)> = sqlx::query_as(
            "select c.oid::bigint, array_to_string(c.reloptions, ', ')
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = $1 and c.relname = $2 and c.relkind = 'r'",
        )
        .bind(schema)
        .bind(table)
        .fetch_optional(&mut *connection)
        .await?;
        let (oid, options) = found.with_context(|| format!("there is no table {schema}.{table}"))?;
        let constraints = sqlx::query_as(
            "select conname::text, pg_get_constraintdef(oid) from pg_constraint
              where conrelid = $1::oid and contype in ('p', 'u', 'c', 'x') order by contype desc, conname",
        )
        .bind(oid)
        .fetch_all(&mut *connection)
        .await?;
        let indexes = sqlx::query_scalar(
            "select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
              where i.indrelid = $1::oid
                and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
              order by c.relname",
        )
        .bind(oid)
        .fetch_all(connection)
        .await?;
        let (schema, table) = (schema.to_owned(), table.to_owned());
        Ok(Self { schema, table, options, constraints, indexes })
    }

    /// The statement that makes the table in `schema`, bare: without constraints and indexes.
    pub(crate) fn create(&self, schema: &str) -> String {
        let Self { schema: from, table, options, .. } = self;
        let like = "including defaults including generated including storage including comments";
        let with = options.as_ref().map(|options| format!(" with ({options})")).unwrap_or_default();
        format!("create table {schema}.{table} (like {from}.{table} {like}){with}")
    }

    /// The statements that give the table in `schema` its constraints and indexes, by the same names.
    pub(crate) fn complete(&self, schema: &str) -> Vec<String> {
        let Self { schema: from, table, .. } = self;
        let constraints = self.constraints.iter().map(|(name, definition)| {
            format!("alter table {schema}.{table} add constraint {name} {definition}")
        });
        let indexes = self.indexes.iter().map(|index| {
            index.replacen(&format!(" ON {from}.{table} "), &format!(" ON {schema}.{table} "), 1)
        });
        constraints.chain(indexes).collect()
    }
}

/// Runs a statement made of names that come from the program or were checked.
pub(crate) async fn run(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.map(|_| ())
}
