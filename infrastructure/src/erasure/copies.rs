//! Copies of read models beside the live ones: all of them may hold the texts of who is erased.

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::projection::{ReadModel, alone_in};

/// The schemas in which copies of a read model are kept or left behind, each followed by the model's name: of a
/// comparison or a rebuild that was killed, and of the version before the last rebuild.
const COPIES: [&str; 3] = ["read_verify_", "read_rebuild_", "read_previous_"];

/// Drops every copy of `model`, so that the live one is the only one. Whoever is just working in one is waited for.
pub(super) async fn drop_copies(connection: &mut PgConnection, model: &ReadModel) -> sqlx::Result<()> {
    for prefix in COPIES {
        let schema = format!("{prefix}{}", model.name());
        alone_in(connection, &schema).await?;
        let drop = format!("drop schema if exists {schema} cascade");
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    Ok(())
}
