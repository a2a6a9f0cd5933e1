//! Somebody's sign-ins, as they see and end them.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::revoke;

/// A sign-in that goes on, its texts sealed.
#[derive(FromRow)]
pub(crate) struct OwnSession {
    pub(crate) family: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) address: Option<String>,
    pub(crate) device: Option<String>,
}

/// The sign-ins of `user` that go on, last used first.
pub(crate) async fn owned(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<OwnSession>> {
    sqlx::query_as(
        "select family, created_at, last_used_at, expires_at, address, device
           from desk.sessions
          where user_id = $1 and revoked_at is null and expires_at > now()
          order by last_used_at desc, family desc",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await
}

/// The sign-in that the access token `jti` belongs to, if it belongs to one.
pub(crate) async fn of_token(executor: impl PgExecutor<'_>, jti: Uuid) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar("select family from desk.access_tokens where jti = $1")
        .bind(jti)
        .fetch_optional(executor)
        .await
}

/// Ends the sign-in `family` of `user`; gives its access tokens, or none if they have no such sign-in that goes on.
pub(crate) async fn end(pool: &PgPool, user: UserId, family: Uuid) -> sqlx::Result<Option<Vec<Uuid>>> {
    let mut transaction = pool.begin().await?;
    let ended = end_those(&mut transaction, user, Some(family), None).await?;
    transaction.commit().await?;
    Ok((!ended.0.is_empty()).then_some(ended.1))
}

/// Ends all sign-ins of `user` but `keep`; gives them and their access tokens.
pub(crate) async fn end_all(
    pool: &PgPool,
    user: UserId,
    keep: Option<Uuid>,
) -> sqlx::Result<(Vec<Uuid>, Vec<Uuid>)> {
    let mut transaction = pool.begin().await?;
    let ended = end_those(&mut transaction, user, None, keep).await?;
    transaction.commit().await?;
    Ok(ended)
}

/// The same in a transaction of the caller's; gives the access tokens.
pub(crate) async fn end_all_within(
    transaction: &mut PgConnection,
    user: UserId,
    keep: Option<Uuid>,
) -> sqlx::Result<Vec<Uuid>> {
    Ok(end_those(transaction, user, None, keep).await?.1)
}

async fn end_those(
    connection: &mut PgConnection,
    user: UserId,
    only: Option<Uuid>,
    keep: Option<Uuid>,
) -> sqlx::Result<(Vec<Uuid>, Vec<Uuid>)> {
    let families: Vec<Uuid> = sqlx::query_scalar(
        "select family from desk.sessions
          where user_id = $1
            and revoked_at is null
            and expires_at > now()
            and ($2::uuid is null or family = $2)
            and family is distinct from $3
          order by family
            for update",
    )
    .bind(user.0)
    .bind(only)
    .bind(keep)
    .fetch_all(&mut *connection)
    .await?;
    let denied = revoke(connection, &families).await?;
    Ok((families, denied))
}
