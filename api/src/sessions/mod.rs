//! Sign-ins: each is a family of refresh tokens, one following from the other, and of the access tokens issued with
//! them.

mod closing;
mod owned;
mod renewal;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use infrastructure::token::RefreshToken;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub use self::closing::end_sign_ins;
pub(crate) use self::owned::{
    OwnSession, end, end_all, end_all_within, ended_since, endings, of_token, owned,
};
pub(crate) use self::renewal::{Shown, show};

/// A sign-in that begins.
pub(crate) struct Beginning {
    /// The sign-in.
    pub(crate) family: Uuid,
    /// Whose.
    pub(crate) user: UserId,
    /// When it ends for good.
    pub(crate) expires_at: DateTime<Utc>,
    /// From where, sealed for its owner.
    pub(crate) address: String,
    /// With what, likewise.
    pub(crate) device: Option<String>,
}

/// What signing out ended.
pub(crate) struct Ended {
    /// The sign-in; none if the access token belonged to none.
    pub(crate) session: Option<Uuid>,
    /// The access tokens that are not good any more.
    pub(crate) denied: Vec<Uuid>,
}

/// Begins a sign-in, and forgets those of the same person that are over.
pub(crate) async fn begin(connection: &mut PgConnection, new: &Beginning) -> sqlx::Result<()> {
    sqlx::query("delete from desk.sessions where user_id = $1 and expires_at < now()")
        .bind(new.user.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into desk.sessions (family, user_id, expires_at, address, device) values ($1, $2, $3, $4, $5)",
    )
    .bind(new.family)
    .bind(new.user.0)
    .bind(new.expires_at)
    .bind(&new.address)
    .bind(&new.device)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds the first refresh token of a sign-in.
pub(crate) async fn add_refresh(
    connection: &mut PgConnection,
    family: Uuid,
    token: &RefreshToken,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("insert into desk.refresh_tokens (token_hash, family, expires_at) values ($1, $2, $3)")
        .bind(token.hash().as_slice())
        .bind(family)
        .bind(expires_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds the access token `jti`, issued with the refresh token `token`; forgets those of the sign-in that have ended.
pub(crate) async fn add_access(
    connection: &mut PgConnection,
    family: Uuid,
    token: &RefreshToken,
    jti: Uuid,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from desk.access_tokens where family = $1 and expires_at < now() - interval '1 minute'",
    )
    .bind(family)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into desk.access_tokens (jti, family, token_hash, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(jti)
    .bind(family)
    .bind(token.hash().as_slice())
    .bind(expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the access token `jti` was ended before its time. Its first use shows that it arrived, and with it the
/// refresh token it was issued with: what came before that is not good any more.
pub(crate) async fn is_ended(pool: &PgPool, jti: Uuid) -> sqlx::Result<bool> {
    let (ended, is_due): (bool, bool) = sqlx::query_as(
        "select exists (select from desk.revoked_tokens where jti = $1) or coalesce(bool_or(s.revoked_at is not null), false),
                coalesce(bool_or(t.confirmed_at is null or s.last_used_at < now() - interval '1 minute'), false)
           from desk.access_tokens a
           join desk.sessions s on s.family = a.family
           left join desk.refresh_tokens t on t.token_hash = a.token_hash
          where a.jti = $1",
    )
    .bind(jti)
    .fetch_one(pool)
    .await?;
    if is_due && !ended {
        sqlx::query(
            "with used as (update desk.sessions s set last_used_at = now()
                             from desk.access_tokens a
                            where a.jti = $1 and s.family = a.family)
             update desk.refresh_tokens t set confirmed_at = now()
               from desk.access_tokens a
              where a.jti = $1 and t.token_hash = a.token_hash and t.confirmed_at is null",
        )
        .bind(jti)
        .execute(pool)
        .await?;
    }
    Ok(ended)
}

/// Which of the access tokens `jtis` were ended before their time.
pub(crate) async fn ended(pool: &PgPool, jtis: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select jti from desk.revoked_tokens where jti = any($1)
         union
         select a.jti
           from desk.access_tokens a
           join desk.sessions s on s.family = a.family
          where a.jti = any($1) and s.revoked_at is not null",
    )
    .bind(jtis)
    .fetch_all(pool)
    .await
}

/// Ends sign-ins: no refresh token of theirs is good any more, nor any access token issued with one. Gives the
/// identities of the access tokens.
async fn revoke(connection: &mut PgConnection, families: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query("update desk.sessions set revoked_at = now() where family = any($1) and revoked_at is null")
        .bind(families)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar("select jti from desk.access_tokens where family = any($1)")
        .bind(families)
        .fetch_all(connection)
        .await
}

/// Ends the sign-in that the access token `jti`, good until `expires_at`, belongs to.
pub(crate) async fn sign_out(pool: &PgPool, jti: Uuid, expires_at: DateTime<Utc>) -> sqlx::Result<Ended> {
    let mut transaction = pool.begin().await?;
    let session = of_token(&mut *transaction, jti).await?;
    let mut denied = match session {
        Some(family) => revoke(&mut transaction, &[family]).await?,
        None => Vec::new(),
    };
    deny(&mut transaction, jti, expires_at).await?;
    transaction.commit().await?;
    denied.push(jti);
    Ok(Ended { session, denied })
}

/// Denies an access token until it would have ended anyway, and forgets those that have.
async fn deny(connection: &mut PgConnection, jti: Uuid, until: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from desk.revoked_tokens where expires_at < now() - interval '1 minute'")
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into desk.revoked_tokens (jti, expires_at) values ($1, $2) on conflict (jti) do nothing",
    )
    .bind(jti)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(())
}
