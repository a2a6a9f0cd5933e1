//! Tokens to choose another password with: sent by mail, hashed, good once.

use application::ledger::ClaimKind;
use chrono::{TimeDelta, Utc};
use domain::id::UserId;
use domain::user::values::EmailAddress;
use infrastructure::mail::NewMail;
use infrastructure::token::OneTimeToken;
use projections::user_directory::by_id;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::codes::lock;
use crate::desk::Desk;
use crate::letters;
use crate::problem::Answer;

/// How long a token is good, in minutes.
pub(crate) const GOOD_FOR_MINUTES: i64 = 30;
/// How long an account waits for its next token, in seconds.
const RESEND_AFTER_SECONDS: i32 = 60;
/// How many tokens an account gets in an hour.
const PER_HOUR: i64 = 5;

/// Sends a token to whoever has `address`, unless they had one a moment ago or too many within the hour.
///
/// For an address that is nobody's the same is done and thrown away: who watches how busy the desk is learns nothing.
pub(crate) async fn send(desk: Desk, address: EmailAddress) -> Answer<()> {
    let holder = desk.log.holder(ClaimKind::Email, address.as_str()).await?;
    let user = UserId(holder.unwrap_or_else(Uuid::now_v7));
    let account = desk.commands.load_user(user).await?;
    let shown = by_id(desk.pool(), user).await?;
    let username = shown.map_or_else(String::new, |shown| shown.username);
    let token = OneTimeToken::generate();
    let person = account.state.may_sign_in().then_some(user);
    let mail = NewMail {
        good_until: Some(Utc::now() + TimeDelta::minutes(GOOD_FOR_MINUTES)),
        ..NewMail::new(person, address, letters::reset(&username, &token.reveal()))
    };
    let mail = desk.outbox.prepare(mail).await?;
    let mut transaction = desk.pool().begin().await?;
    let is_in_time = add(&mut transaction, user, &token).await?;
    mail.put(&mut transaction).await?;
    if is_in_time && account.state.may_sign_in() {
        transaction.commit().await?;
        desk.outbox.wake();
    } else {
        transaction.rollback().await?;
    }
    Ok(())
}

/// Adds a token of `user`, and forgets what is a day old; false if they had one too lately.
async fn add(connection: &mut PgConnection, user: UserId, token: &OneTimeToken) -> sqlx::Result<bool> {
    lock(connection, user.0.as_bytes()).await?;
    sqlx::query(
        "delete from desk.password_resets where user_id = $1 and created_at < now() - interval '1 day'",
    )
    .bind(user.0)
    .execute(&mut *connection)
    .await?;
    let added = sqlx::query(
        "insert into desk.password_resets (token_hash, user_id, expires_at)
         select $1, $2, now() + make_interval(mins => $3)
          where not exists (select from desk.password_resets
                             where user_id = $2 and created_at > now() - make_interval(secs => $4))
            and (select count(*) from desk.password_resets
                  where user_id = $2 and created_at > now() - interval '1 hour') < $5",
    )
    .bind(token.hash().as_slice())
    .bind(user.0)
    .bind(i32::try_from(GOOD_FOR_MINUTES).unwrap_or_default())
    .bind(f64::from(RESEND_AFTER_SECONDS))
    .bind(PER_HOUR)
    .execute(connection)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Whose the token is, if it is good.
pub(crate) async fn whose(pool: &PgPool, token: &OneTimeToken) -> sqlx::Result<Option<UserId>> {
    let user: Option<Uuid> = sqlx::query_scalar(
        "select user_id from desk.password_resets
          where token_hash = $1 and used_at is null and expires_at > now()",
    )
    .bind(token.hash().as_slice())
    .fetch_optional(pool)
    .await?;
    Ok(user.map(UserId))
}

/// Uses the token, and with it every other one of `user`; false if it is not good any more.
pub(crate) async fn use_up(
    connection: &mut PgConnection,
    user: UserId,
    token: &OneTimeToken,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update desk.password_resets set used_at = now()
          where token_hash = $1 and user_id = $2 and used_at is null and expires_at > now()",
    )
    .bind(token.hash().as_slice())
    .bind(user.0)
    .execute(&mut *connection)
    .await?;
    void_all(connection, user).await?;
    Ok(done.rows_affected() == 1)
}

/// No token of `user` is good any more.
pub(crate) async fn void_all(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("update desk.password_resets set used_at = now() where user_id = $1 and used_at is null")
        .bind(user.0)
        .execute(connection)
        .await?;
    Ok(())
}
