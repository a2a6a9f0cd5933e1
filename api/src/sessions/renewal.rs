//! Renewing a sign-in: a refresh token has one successor, and is good until that has arrived.

use chrono::{DateTime, Utc};
use domain::id::UserId;
use infrastructure::token::{RefreshToken, Salt};
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::revoke;

/// What a refresh token turned out to be.
pub(crate) enum Shown {
    /// Good.
    Good {
        /// The sign-in.
        family: Uuid,
        /// Whose.
        user: UserId,
        /// When it ends for good.
        expires_at: DateTime<Utc>,
        /// The token that follows: the same, however often this one is shown.
        successor: RefreshToken,
    },
    /// Unknown, expired, signed out.
    Bad,
    /// Its successor had arrived, so somebody else has a copy of one of them; the sign-in has ended.
    Copied {
        /// The sign-in.
        family: Uuid,
        /// Whose.
        user: UserId,
        /// The access tokens that are not good any more.
        denied: Vec<Uuid>,
    },
}

/// A refresh token and its sign-in.
#[derive(FromRow)]
struct Found {
    family: Uuid,
    user_id: Uuid,
    expires_at: DateTime<Utc>,
    is_good: bool,
    /// Used by an earlier version of the desk, which gave each use another successor.
    is_used_up: bool,
    salt: Option<Vec<u8>>,
    has_arrived: bool,
}

/// Shows a refresh token. Whoever shows a family's tokens takes turns.
pub(crate) async fn show(pool: &PgPool, token: &RefreshToken) -> sqlx::Result<Shown> {
    let mut transaction = pool.begin().await?;
    let shown = in_turn(&mut transaction, token).await?;
    transaction.commit().await?;
    Ok(shown)
}

async fn in_turn(connection: &mut PgConnection, token: &RefreshToken) -> sqlx::Result<Shown> {
    let hash = token.hash();
    // The lock first: what is read with it may be older than what its last holder wrote.
    let family: Option<Uuid> = sqlx::query_scalar(
        "select s.family from desk.sessions s
           join desk.refresh_tokens t on t.family = s.family
          where t.token_hash = $1
            for update of s",
    )
    .bind(hash.as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    if family.is_none() {
        return Ok(Shown::Bad);
    }
    let found: Option<Found> = sqlx::query_as(
        "select s.family, s.user_id, s.expires_at, t.salt,
                s.revoked_at is null and s.expires_at > now() and t.expires_at > now() as is_good,
                t.used_at is not null and t.salt is null as is_used_up,
                coalesce(n.confirmed_at is not null, false) as has_arrived
           from desk.refresh_tokens t
           join desk.sessions s on s.family = t.family
           left join desk.refresh_tokens n on n.token_hash = t.successor
          where t.token_hash = $1",
    )
    .bind(hash.as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = found.filter(|found| found.is_good) else { return Ok(Shown::Bad) };
    let (family, user) = (found.family, UserId(found.user_id));
    if found.has_arrived || found.is_used_up {
        let denied = revoke(connection, &[family]).await?;
        return Ok(Shown::Copied { family, user, denied });
    }
    let successor = match found.salt.as_deref().and_then(|salt| Salt::try_from(salt).ok()) {
        Some(salt) => token.successor(&salt),
        None => succeed(connection, token, &found).await?,
    };
    Ok(Shown::Good { family, user, expires_at: found.expires_at, successor })
}

/// Gives the token its successor. That it is shown says that it has arrived.
async fn succeed(
    connection: &mut PgConnection,
    token: &RefreshToken,
    found: &Found,
) -> sqlx::Result<RefreshToken> {
    let salt = RefreshToken::salt();
    let successor = token.successor(&salt);
    sqlx::query(
        "update desk.refresh_tokens
            set salt = $2, successor = $3, used_at = now(), confirmed_at = coalesce(confirmed_at, now())
          where token_hash = $1",
    )
    .bind(token.hash().as_slice())
    .bind(salt.as_slice())
    .bind(successor.hash().as_slice())
    .execute(&mut *connection)
    .await?;
    super::add_refresh(connection, found.family, &successor, found.expires_at).await?;
    Ok(successor)
}
