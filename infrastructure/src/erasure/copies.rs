//! Copies of read models beside the live ones: all of them may hold the texts of who is erased.

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::database::Database;
use crate::projection::{LOCKS, ReadModel, drop_previous};

/// The schemas in which copies of a read model are left behind by a comparison or a rebuild that was killed, each
/// followed by the model's name.
const COPIES: [&str; 2] = ["read_verify_", "read_rebuild_"];

/// Drops every copy of `model`, so that the live one is the only one. Whoever is just working in one is waited for.
pub(super) async fn drop_copies(
    database: &Database,
    connection: &mut PgConnection,
    model: &ReadModel,
) -> anyhow::Result<()> {
    sqlx::query("select pg_advisory_lock($1, hashtext($2))")
        .bind(LOCKS)
        .bind(model.name())
        .execute(&mut *connection)
        .await?;
    for prefix in COPIES {
        let drop = format!("drop schema if exists {prefix}{} cascade", model.name());
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    drop_previous(database, std::slice::from_ref(model)).await?;
    connection.execute("select pg_advisory_unlock_all()").await?;
    Ok(())
}
