//! The quick part: from here on nobody reads anything of the person any more.

use anyhow::Context as _;
use domain::id::UserId;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::Erasure;
use crate::database::Purpose;
use crate::mail::forget_in_folder;
use crate::projection::mask;

impl Erasure {
    /// Destroys the key of `user`, erased at `position`, and whatever shows or stands for what it sealed. Doing it
    /// again does no harm, and less.
    pub(super) async fn forget(&self, user: UserId, position: i64) -> anyhow::Result<()> {
        if self.is_forgotten(user).await? {
            return Ok(());
        }
        self.destroy_key(user, position).await?;
        // Before anything is masked: what this process folds or rebuilds from here on reads `[erased]`.
        self.tell(user).await;
        // Nobody waits for this connection, and however many rows there are, it is not hurried.
        let mut connection = self.database.connect(Purpose::Projection).await?;
        for model in &self.models {
            mask(&mut connection, model, user).await.context("a read model cannot be masked")?;
        }
        delete_what_is_theirs(&mut connection, user).await?;
        self.forget_mails(vec![user.0]).await?;
        // Whoever loaded something in between forgets that, too.
        self.tell(user).await;
        Ok(())
    }

    /// Removes the mails that did not leave the house and are about one of `gone`, or quote them.
    pub(super) async fn forget_mails(&self, gone: Vec<Uuid>) -> anyhow::Result<()> {
        let folder = self.mails.clone();
        let forget = move || forget_in_folder(&folder, &gone);
        tokio::task::spawn_blocking(forget).await?.context("the mail folder")
    }

    async fn is_forgotten(&self, user: UserId) -> sqlx::Result<bool> {
        sqlx::query_scalar(
            "select exists (select from desk.erasures where user_id = $1 and masked_at is not null)",
        )
        .bind(user.0)
        .fetch_one(self.database.pool())
        .await
    }

    /// The step that cannot be taken back. A person who never had a key gets a destroyed one, so that none is made.
    async fn destroy_key(&self, user: UserId, position: i64) -> sqlx::Result<()> {
        let mut transaction = self.database.pool().begin().await?;
        sqlx::query(
            "insert into desk.erasures (user_id, position) values ($1, $2) on conflict (user_id) do nothing",
        )
        .bind(user.0)
        .bind(position)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into desk.subject_keys (subject, wrapped, destroyed_at) values ($1, null, now())
                 on conflict (subject) do update set wrapped = null, destroyed_at = now()
              where desk.subject_keys.wrapped is not null",
        )
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
        // Files they uploaded, and those on their tickets, have keys of their own; the files themselves are removed by
        // whoever looks after them.
        sqlx::query(
            "update desk.subject_keys set wrapped = null, destroyed_at = now()
              where wrapped is not null
                and subject in (select id from desk.attachments where uploader = $1 or requester = $1)",
        )
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "update desk.erasures set key_destroyed_at = now() where user_id = $1 and key_destroyed_at is null",
        )
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Tells every process, this one first.
    async fn tell(&self, user: UserId) {
        if let Err(error) = self.log.forget(user).await {
            tracing::warn!(%error, "Other processes were not told of an erasure; they find out within seconds");
        }
    }
}

/// Deletes password, sessions, API tokens and waiting mails, their browsers with what waits for those, their drafts and
/// everybody's on their tickets, and the answers kept for repetitions: anybody's may quote the person. A request repeated after that has its effect once all the same,
/// and its answer is made anew.
async fn delete_what_is_theirs(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    for statement in [
        "delete from desk.credentials where user_id = $1",
        "delete from desk.second_factors where user_id = $1",
        "delete from desk.recovery_codes where user_id = $1",
        "delete from desk.oidc_flows where user_id = $1",
        "delete from desk.sessions where user_id = $1",
        "delete from desk.api_tokens where user_id = $1",
        "delete from desk.outgoing_mail where user_id = $1",
        "delete from desk.outgoing_mail where quotes @> array[$1]",
        "delete from desk.outgoing_push where quotes @> array[$1]",
        "delete from desk.notification_deliveries where user_id = $1",
        "delete from desk.push_subscriptions where user_id = $1",
        "delete from desk.password_resets where user_id = $1",
        "delete from desk.guesses where user_id = $1",
        "delete from desk.known_networks where user_id = $1",
        "delete from desk.sign_in_endings where user_id = $1",
        "delete from desk.drafts where $1 in (user_id, requester)",
        "delete from desk.idempotency where $1::uuid is not null",
        "update desk.erasures set masked_at = now() where user_id = $1 and masked_at is null",
    ] {
        sqlx::query(statement).bind(user.0).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
