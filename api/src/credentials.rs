//! Password hashes: rows beside the log, never events.

use domain::id::UserId;
use sqlx::PgPool;

/// The hash stored for `user`, if there is one.
pub(crate) async fn hash_of(pool: &PgPool, user: UserId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select password_hash from desk.credentials where user_id = $1")
        .bind(user.0)
        .fetch_optional(pool)
        .await
}

/// Stores the first hash of `user`; false if there is one already, which stays.
pub(crate) async fn set_first(pool: &PgPool, user: UserId, hash: &str) -> sqlx::Result<bool> {
    let stored = sqlx::query(
        "insert into desk.credentials (user_id, password_hash) values ($1, $2) on conflict (user_id) do nothing",
    );
    Ok(stored.bind(user.0).bind(hash).execute(pool).await?.rows_affected() == 1)
}

/// Stores a stronger hash of the same password, unless the password changed meanwhile.
pub(crate) async fn upgrade(pool: &PgPool, user: UserId, from: &str, to: &str) -> sqlx::Result<()> {
    sqlx::query("update desk.credentials set password_hash = $3 where user_id = $1 and password_hash = $2")
        .bind(user.0)
        .bind(from)
        .bind(to)
        .execute(pool)
        .await?;
    Ok(())
}
