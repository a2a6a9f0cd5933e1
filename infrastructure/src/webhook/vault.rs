//! Addresses and secrets, sealed in the database.

use std::sync::Arc;

use application::Commands;
use chrono::Utc;
use sqlx::PgPool;
use uuid::Uuid;

use crate::keys::{KeyError, Keyring};

/// Where addresses and secrets are kept. Each is sealed for its webhook, its id and what it is: in another row it does not
/// open. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pool: PgPool,
    keys: Arc<Keyring>,
}

impl Vault {
    /// The vault in the database of `pool`, sealed with `keys`.
    #[must_use]
    pub fn new(pool: PgPool, keys: Arc<Keyring>) -> Self {
        Self { pool, keys }
    }

    /// Keeps `text`, the `field` of `webhook`, and says under which id.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn keep(&self, webhook: Uuid, field: &str, text: &str) -> Result<Uuid, KeyError> {
        let id = Uuid::now_v7();
        let sealed = self.keys.seal_for_desk(&context(webhook, id, field), text)?;
        sqlx::query("insert into desk.webhook_vault (id, webhook, sealed) values ($1, $2, $3)")
            .bind(id)
            .bind(webhook)
            .bind(sealed)
            .execute(&self.pool)
            .await
            .map_err(KeyError::Database)?;
        Ok(id)
    }

    /// The `field` of `webhook` that is kept under `id`; none if it is not there any more.
    ///
    /// # Errors
    /// The database cannot be reached, or what is there is not what was kept.
    pub async fn open(&self, webhook: Uuid, id: Uuid, field: &str) -> Result<Option<String>, KeyError> {
        let sealed: Option<String> =
            sqlx::query_scalar("select sealed from desk.webhook_vault where id = $1 and webhook = $2")
                .bind(id)
                .bind(webhook)
                .fetch_optional(&self.pool)
                .await
                .map_err(KeyError::Database)?;
        sealed.map(|sealed| self.keys.open_for_desk(&context(webhook, id, field), &sealed)).transpose()
    }

    /// Throws away what no webhook needs any more, and what was kept for a command that was refused. The log says what is
    /// needed, not a read model, since what is thrown away does not come back.
    pub(super) async fn sweep(&self, commands: &Commands) -> anyhow::Result<()> {
        let kept: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select id, webhook from desk.webhook_vault where created_at < now() - interval '1 hour'",
        )
        .fetch_all(&self.pool)
        .await?;
        for (id, webhook) in kept {
            let webhook = commands.load_webhook(webhook).await?;
            if !webhook.state.live().is_some_and(|live| live.needs(id, Utc::now())) {
                sqlx::query("delete from desk.webhook_vault where id = $1")
                    .bind(id)
                    .execute(&self.pool)
                    .await?;
            }
        }
        Ok(())
    }

    /// Throws away the address and the secrets of `webhook`, which was removed.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn forget(&self, webhook: Uuid) -> sqlx::Result<()> {
        sqlx::query("delete from desk.webhook_vault where webhook = $1")
            .bind(webhook)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn context(webhook: Uuid, id: Uuid, field: &str) -> Vec<u8> {
    [b"webhook", field.as_bytes(), webhook.as_bytes(), id.as_bytes()].concat()
}
