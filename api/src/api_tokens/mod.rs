//! API tokens: what programs show instead of a person's access token.
//!
//! Whether a token is good, and for what, is asked of the log. The rows beside it hold the hash of its secret, its name
//! (sealed with its owner's key) and when it was last used.

mod admission;
mod holder;
pub(crate) mod scopes;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use infrastructure::keys::{KeyError, Keyring};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

pub(crate) use self::admission::{admit, insist};
pub use self::holder::Grant;
pub(crate) use self::holder::{Holders, again, signed};
use crate::desk::Desk;
use crate::problem::Answer;

/// A token as its row has it, the name opened.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

/// Keeps a token's row. It is worth nothing until the log says that the token was issued.
pub(crate) async fn keep(desk: &Desk, owner: UserId, id: Uuid, hash: [u8; 32], name: &str) -> Answer<()> {
    let sealed = desk.log.keys().seal_text(owner, id.as_bytes(), name).await?;
    sqlx::query("insert into desk.api_tokens (id, token_hash, user_id, name) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(hash.as_slice())
        .bind(owner.0)
        .bind(sealed)
        .execute(desk.pool())
        .await?;
    Ok(())
}

/// The tokens of `owner`, newest first.
pub(crate) async fn of(pool: &PgPool, keys: &Keyring, owner: UserId) -> Result<Vec<Kept>, KeyError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, created_at, last_used_at from desk.api_tokens where user_id = $1
          order by created_at desc, id desc",
    )
    .bind(owner.0)
    .fetch_all(pool)
    .await?;
    let mut kept = Vec::with_capacity(rows.len());
    for Row { id, name, created_at, last_used_at } in rows {
        let name = keys.open_text(owner, id.as_bytes(), &name).await?.unwrap_or_default();
        kept.push(Kept { id, name, created_at, last_used_at });
    }
    Ok(kept)
}

/// Whose token `id` is.
pub(crate) async fn owner_of(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<UserId>> {
    let owner = sqlx::query_scalar("select user_id from desk.api_tokens where id = $1").bind(id);
    Ok(owner.fetch_optional(pool).await?.map(UserId))
}

/// Throws a token's row away.
pub(crate) async fn discard(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from desk.api_tokens where id = $1").bind(id).execute(pool).await?;
    Ok(())
}
