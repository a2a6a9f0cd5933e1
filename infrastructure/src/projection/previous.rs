//! The tables a rebuild replaced: kept for a day, to be put back.

use anyhow::Context as _;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::ReadModel;
use super::claim::{Claim, forget_parked};
use super::follower::name_beside;
use super::progress::Progress;
use super::shape::run;
use super::switch::{Incoming, switch};
use crate::database::{Database, Purpose};
use crate::log::PgLog;

/// How long they are kept, in SQL's words.
const KEPT: &str = "24 hours";

/// Where the previous tables of `model` are.
pub(super) fn schema(model: &ReadModel) -> String {
    format!("read_previous_{}", model.name())
}

/// Notes that the previous tables of `model` show everything up to `position`.
pub(super) async fn note(
    connection: &mut PgConnection,
    model: &ReadModel,
    position: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into read.previous (model, position) values ($1, $2)
         on conflict (model) do update set position = excluded.position, replaced_at = now()",
    )
    .bind(model.name())
    .bind(position)
    .execute(connection)
    .await
    .map(|_| ())
}

impl Claim {
    /// Puts the tables back that the last rebuild replaced, after bringing them up to date; those that were live
    /// become the previous ones, so that doing it twice changes nothing. Gives the position they show.
    ///
    /// # Errors
    /// There are none any more; the database cannot be reached.
    pub async fn rollback(mut self, log: &PgLog, progress: &Progress) -> anyhow::Result<i64> {
        let model = self.model.clone();
        let position: Option<i64> = sqlx::query_scalar("select position from read.previous where model = $1")
            .bind(model.name())
            .fetch_optional(&mut self.connection)
            .await?;
        let position = position.with_context(|| {
            format!("nothing is kept of {} from before: it was not rebuilt within {KEPT}", model.name())
        })?;
        self.connection.execute("set client_min_messages = warning").await?;
        let schema = &schema(&model);
        let incoming = Incoming { model: &model, schema, position, stored: true, destroyed: None };
        let position = switch(&mut self.connection, log, incoming, progress).await?;
        self.release().await?;
        Ok(position)
    }
}

/// Drops the tables that rebuilds of `models` replaced, also when a rebuild is under way: with them goes every
/// text they show. The right thing after a person was erased.
///
/// # Errors
/// The database cannot be reached, or its role may not drop tables.
pub async fn drop_previous(database: &Database, models: &[ReadModel]) -> anyhow::Result<()> {
    let mut connection = database.connect(Purpose::Owner).await.context("the database cannot be reached")?;
    connection.execute("set client_min_messages = warning").await?;
    for model in models {
        let schema = schema(model);
        let mut transaction = connection.begin().await?;
        // The same lock as a switch takes first.
        sqlx::query("select from read.checkpoints where model = $1 for update")
            .bind(model.name())
            .execute(&mut *transaction)
            .await?;
        run(&mut transaction, format!("drop schema if exists {schema} cascade")).await?;
        forget_parked(&mut transaction, &name_beside(model, &schema)).await?;
        sqlx::query("delete from read.previous where model = $1")
            .bind(model.name())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    connection.close().await?;
    Ok(())
}

/// Drops what rebuilds of `models` replaced more than a day ago.
///
/// # Errors
/// The database cannot be reached, or its role may not drop tables.
pub async fn sweep_previous(database: &Database, models: &[ReadModel]) -> anyhow::Result<()> {
    let old: Vec<String> =
        sqlx::query_scalar("select model from read.previous where replaced_at < now() - $1::interval")
            .bind(KEPT)
            .fetch_all(database.pool())
            .await?;
    let old: Vec<ReadModel> =
        models.iter().filter(|model| old.iter().any(|name| name == model.name())).cloned().collect();
    if old.is_empty() { Ok(()) } else { drop_previous(database, &old).await }
}
