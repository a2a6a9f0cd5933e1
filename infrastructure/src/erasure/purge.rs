//! The slow part: no file of the database holds the person's texts any more.

use anyhow::bail;
use domain::id::UserId;
use sqlx::{Executor as _, PgConnection};
use uuid::Uuid;

use super::Erasure;
use super::copies::drop_copies;
use super::physical;
use crate::database::{Purpose, is_denied};
use crate::handler::NotNow;
use crate::projection::{ErasedMeanwhile, Progress, Refused, rebuild};

impl Erasure {
    /// Purges whatever files still hold of `user` and of everybody else who was forgotten until now.
    pub(super) async fn purge(&self, user: UserId) -> anyhow::Result<()> {
        let waiting = self.waiting().await?;
        // Purged together with somebody before.
        if !waiting.contains(&user.0) {
            return Ok(());
        }
        let mut connection = self.database.connect(Purpose::Owner).await?;
        connection.execute("set lock_timeout = '10s'").await?;
        let mut remains = Vec::new();
        if let Err(error) = self.rebuild_models(&mut connection).await {
            let Some(why) = is_denied(&error) else { return Err(error) };
            remains.push(format!("read models: masked, not built anew: {why}"));
        }
        remains.extend(physical::purge(&mut connection).await?);
        // Once more: what was being sent at the time is written by now.
        self.forget_mails(waiting.clone()).await?;
        self.done(&waiting, &remains).await?;
        let people = waiting.len();
        tracing::info!(people, remains = remains.len(), "Erased people are purged from the files");
        Ok(())
    }

    /// Who is forgotten and not purged, or not wholly: what could not be done for them is tried again.
    async fn waiting(&self) -> sqlx::Result<Vec<Uuid>> {
        sqlx::query_scalar(
            "select user_id from desk.erasures
              where masked_at is not null and (done_at is null or remains <> '{}')
              order by position",
        )
        .fetch_all(self.database.pool())
        .await
    }

    /// Builds every read model that shows texts anew: an update leaves the old row in its file, a table that is
    /// dropped leaves nothing.
    async fn rebuild_models(&self, connection: &mut PgConnection) -> anyhow::Result<()> {
        for model in &self.models {
            let rebuilt = rebuild(&self.database, &self.log, model, &Progress::default()).await;
            if let Err(error) = &rebuilt {
                if error.is::<ErasedMeanwhile>() {
                    bail!(NotNow("others are being erased, and are purged together with these"));
                }
                if matches!(error.downcast_ref(), Some(Refused::Busy(_))) {
                    bail!(NotNow("somebody else rebuilds a read model"));
                }
            }
            rebuilt?;
            drop_copies(&self.database, connection, model).await?;
        }
        Ok(())
    }

    async fn done(&self, people: &[Uuid], remains: &[String]) -> sqlx::Result<()> {
        sqlx::query("update desk.erasures set done_at = coalesce(done_at, now()), remains = $2 where user_id = any($1)")
            .bind(people)
            .bind(remains)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }
}
