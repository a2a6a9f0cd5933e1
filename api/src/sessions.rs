//! Sign-ins: each is a family of refresh tokens, of which every one is good for one use.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use infrastructure::token::RefreshToken;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What a refresh token turned out to be.
pub(crate) enum Shown {
    /// Good: from now on it is used, and its family goes on.
    Good {
        /// The sign-in.
        family: Uuid,
        /// Whose.
        user: UserId,
    },
    /// Unknown, expired, signed out.
    Bad,
    /// Used before, so somebody has a copy; the family is revoked, with these access tokens.
    Copied(Vec<Uuid>),
}

/// Begins a sign-in of `user`, and forgets those of theirs that have run out.
pub(crate) async fn begin(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Uuid> {
    sqlx::query(
        "delete from desk.sessions s
          where s.user_id = $1
            and not exists (select from desk.refresh_tokens t where t.family = s.family and t.expires_at > now())",
    )
    .bind(user.0)
    .execute(&mut *connection)
    .await?;
    let family = Uuid::now_v7();
    sqlx::query("insert into desk.sessions (family, user_id) values ($1, $2)")
        .bind(family)
        .bind(user.0)
        .execute(connection)
        .await?;
    Ok(family)
}

/// Adds a refresh token to the family, issued with the access token `access_jti`.
pub(crate) async fn add(
    connection: &mut PgConnection,
    family: Uuid,
    token: &RefreshToken,
    access_jti: Uuid,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into desk.refresh_tokens (token_hash, family, access_jti, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(token.hash().as_slice())
    .bind(family)
    .bind(access_jti)
    .bind(expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses a refresh token. Whoever shows a family's tokens takes turns, so a token is used once.
pub(crate) async fn show(
    connection: &mut PgConnection,
    token: &RefreshToken,
    access_ends: DateTime<Utc>,
) -> sqlx::Result<Shown> {
    let hash = token.hash();
    let row: Option<(Uuid, Uuid, bool, bool)> = sqlx::query_as(
        "select s.family, s.user_id, t.used_at is not null, t.expires_at > now() and s.revoked_at is null
           from desk.refresh_tokens t
           join desk.sessions s on s.family = t.family
          where t.token_hash = $1
            for update of s, t",
    )
    .bind(hash.as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some((family, _, true, _)) => Ok(Shown::Copied(revoke(connection, family, access_ends).await?)),
        Some((family, user, false, true)) => {
            sqlx::query("update desk.refresh_tokens set used_at = now() where token_hash = $1")
                .bind(hash.as_slice())
                .execute(connection)
                .await?;
            Ok(Shown::Good { family, user: UserId(user) })
        }
        _ => Ok(Shown::Bad),
    }
}

/// Ends a sign-in: no refresh token of the family is good any more, nor any access token issued with one.
/// Gives the access tokens' identities.
async fn revoke(
    connection: &mut PgConnection,
    family: Uuid,
    access_ends: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query("update desk.sessions set revoked_at = now() where family = $1 and revoked_at is null")
        .bind(family)
        .execute(&mut *connection)
        .await?;
    let denied: Vec<Uuid> =
        sqlx::query_scalar("select access_jti from desk.refresh_tokens where family = $1")
            .bind(family)
            .fetch_all(&mut *connection)
            .await?;
    deny(connection, &denied, access_ends).await?;
    Ok(denied)
}

/// Ends the sign-in that the access token `jti`, good until `expires_at`, belongs to.
pub(crate) async fn sign_out(
    pool: &PgPool,
    jti: Uuid,
    expires_at: DateTime<Utc>,
    access_ends: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    let mut transaction = pool.begin().await?;
    let family: Option<Uuid> = sqlx::query_scalar(
        "select s.family from desk.sessions s
           join desk.refresh_tokens t on t.family = s.family
          where t.access_jti = $1
            for update of s",
    )
    .bind(jti)
    .fetch_optional(&mut *transaction)
    .await?;
    let mut denied = match family {
        Some(family) => revoke(&mut transaction, family, access_ends).await?,
        None => Vec::new(),
    };
    deny(&mut transaction, &[jti], expires_at).await?;
    transaction.commit().await?;
    denied.push(jti);
    Ok(denied)
}

/// Denies access tokens until they would have ended anyway, and forgets those that have.
async fn deny(connection: &mut PgConnection, tokens: &[Uuid], until: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from desk.revoked_tokens where expires_at < now() - interval '1 minute'")
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into desk.revoked_tokens (jti, expires_at) select unnest($1::uuid[]), $2
             on conflict (jti) do nothing",
    )
    .bind(tokens)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(())
}
