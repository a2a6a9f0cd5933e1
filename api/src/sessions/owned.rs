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

/// How often all sign-ins of `user` were ended: to be asked before whatever proves who they are is looked at.
pub(crate) async fn endings(pool: &PgPool, user: UserId) -> sqlx::Result<i64> {
    let ended = sqlx::query_scalar("select ended from desk.sign_in_endings where user_id = $1");
    Ok(ended.bind(user.0).fetch_optional(pool).await?.unwrap_or(0))
}

/// Whether all sign-ins of `user` were ended since [`endings`] gave `before`. From here on whoever ends them waits for the
/// transaction, and then sees what it began.
pub(crate) async fn ended_since(
    transaction: &mut PgConnection,
    user: UserId,
    before: i64,
) -> sqlx::Result<bool> {
    sqlx::query("insert into desk.sign_in_endings (user_id, ended) values ($1, 0) on conflict do nothing")
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
    let ended: i64 =
        sqlx::query_scalar("select ended from desk.sign_in_endings where user_id = $1 for share")
            .bind(user.0)
            .fetch_one(transaction)
            .await?;
    Ok(ended != before)
}

/// The same as [`end_all`] in a transaction of the caller's; gives the access tokens.
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
    if only.is_none() {
        // First, so that sign-ins under way are either seen below or know that they come too late.
        sqlx::query(
            "insert into desk.sign_in_endings as e (user_id, ended) values ($1, 1)
             on conflict (user_id) do update set ended = e.ended + 1",
        )
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    }
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
