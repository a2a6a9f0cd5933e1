//! Passwords: the one place where one is compared, and their hashes: rows beside the log, never events.

use domain::access::Role;
use domain::id::UserId;
use infrastructure::password::Verified;
use sqlx::{PgConnection, PgPool};

use crate::desk::Desk;
use crate::guesses::Attempt;
use crate::problem::Answer;

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The password of this account, which may sign in in this role.
    Right(UserId, Role),
    /// Another one, or there is no such account.
    Wrong,
    /// The right one, of an account that may not sign in.
    Inactive,
    /// It was not looked at: the account has no attempts left. To be answered like a wrong one.
    Hopeless,
}

/// Compares `password` with the one of the account that `attempt` names. Whoever is wrong has an attempt less; for
/// nobody it takes as long as for somebody.
///
/// # Errors
/// 429 when the attempts are used up, 503 when too many passwords are being checked.
pub(crate) async fn check(desk: &Desk, attempt: &Attempt<'_>, password: &str) -> Answer<Checked> {
    let guess = desk.guesses.admit(attempt).await?;
    // Nobody is asked for as somebody is.
    let user = attempt.user.unwrap_or_default();
    let stored = hash_of(desk.pool(), user).await?;
    let account = desk.commands.load_user(user).await?;
    let role = account.state.role().filter(|_| account.state.may_sign_in());
    let compared = stored.as_deref().filter(|_| !guess.is_hopeless());
    let verified = match desk.passwords.verify(password, compared).await {
        Ok(verified) => verified,
        Err(error) => {
            desk.guesses.succeeded(guess).await?;
            return Err(error.into());
        }
    };
    if guess.is_hopeless() {
        desk.guesses.failed(guess);
        return Ok(Checked::Hopeless);
    }
    match (verified, role) {
        (Verified::Right { upgrade }, Some(role)) => {
            desk.guesses.succeeded(guess).await?;
            if let (Some(from), Some(to)) = (stored, upgrade) {
                self::upgrade(desk.pool(), user, &from, &to).await?;
            }
            Ok(Checked::Right(user, role))
        }
        // Giving the attempt back would tell that the password was right.
        (Verified::Right { .. }, None) => Ok(Checked::Inactive),
        (Verified::Wrong, _) => Ok(Checked::Wrong),
    }
}

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
async fn upgrade(pool: &PgPool, user: UserId, from: &str, to: &str) -> sqlx::Result<()> {
    sqlx::query("update desk.credentials set password_hash = $3 where user_id = $1 and password_hash = $2")
        .bind(user.0)
        .bind(from)
        .bind(to)
        .execute(pool)
        .await?;
    Ok(())
}

/// Stores the hash of another password, whatever was there.
pub(crate) async fn replace(connection: &mut PgConnection, user: UserId, hash: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into desk.credentials (user_id, password_hash) values ($1, $2)
             on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = now()",
    )
    .bind(user.0)
    .bind(hash)
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores the hash of another password in the place of `from`; false if that is not what is there.
pub(crate) async fn exchange(
    connection: &mut PgConnection,
    user: UserId,
    from: &str,
    to: &str,
) -> sqlx::Result<bool> {
    let exchanged = sqlx::query(
        "update desk.credentials set password_hash = $3, changed_at = now()
          where user_id = $1 and password_hash = $2",
    )
    .bind(user.0)
    .bind(from)
    .bind(to)
    .execute(connection)
    .await?;
    Ok(exchanged.rows_affected() == 1)
}

/// Deletes what was stored for an account that did not come about.
pub(crate) async fn forget(pool: &PgPool, user: UserId) -> sqlx::Result<()> {
    sqlx::query("delete from desk.credentials where user_id = $1").bind(user.0).execute(pool).await?;
    Ok(())
}
