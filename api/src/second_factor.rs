//! Second factors: secrets and codes are rows beside the log, and whether one is asked for is in the log.

use application::Request;
use chrono::Utc;
use domain::activity::SecondFactor;
use domain::id::UserId;
use domain::user::UserCommand;
use infrastructure::two_factor::{RecoveryCode, TotpSecret};
use sqlx::PgConnection;

use crate::activity::RequestInfo;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::guesses::{Attempt, Guess, Guessed};
use crate::problem::{Answer, Problem};

/// What a secret's ciphertext is bound to.
const CONTEXT: &[u8] = b"second factor";

/// Makes a secret for `user`, which asks for nothing until [`enable`]. An earlier one is good no more.
///
/// # Errors
/// They have a second factor.
pub(crate) async fn set_up(desk: &Desk, user: UserId) -> Answer<TotpSecret> {
    let secret = TotpSecret::generate();
    let sealed = desk.log.keys().seal_text(user, CONTEXT, &secret.reveal()).await?;
    let mut transaction = desk.pool().begin().await?;
    // First the row, then the question: whoever enables the earlier secret holds the row until it is in force.
    sqlx::query(
        "insert into desk.second_factors (user_id, secret) values ($1, $2)
             on conflict (user_id) do update
            set secret = excluded.secret, last_step = null, created_at = now()",
    )
    .bind(user.0)
    .bind(sealed)
    .execute(&mut *transaction)
    .await?;
    refuse_second(desk, user).await?;
    transaction.commit().await?;
    Ok(secret)
}

/// Asks for the second factor from now on, if `code` shows that the app has the secret. Gives the recovery codes.
///
/// # Errors
/// They have a second factor, or the code is not the app's. 429 after five wrong ones: whoever stole the session of
/// somebody who has just set one up must not guess their way to recovery codes.
pub(crate) async fn enable(
    desk: &Desk,
    info: &RequestInfo,
    user: UserId,
    code: &str,
) -> Answer<Vec<RecoveryCode>> {
    let guess = admit(desk, info, user).await?;
    let mut transaction = desk.pool().begin().await?;
    let row: Option<String> =
        sqlx::query_scalar("select secret from desk.second_factors where user_id = $1 for update")
            .bind(user.0)
            .fetch_optional(&mut *transaction)
            .await?;
    if let Err(refused) = refuse_second(desk, user).await {
        desk.guesses.succeeded(guess).await?;
        return Err(refused);
    }
    let Some(sealed) = row else {
        desk.guesses.succeeded(guess).await?;
        let message = "there is no secret to enable; ask /auth/2fa/setup for one first";
        return Err(Problem::conflict("TWO_FACTOR_NOT_SET_UP", message));
    };
    let secret = opened(desk, user, &sealed).await?;
    let Some(step) = secret.and_then(|secret| secret.step_of(code, Utc::now().timestamp())) else {
        desk.guesses.failed(guess);
        let mut errors = ValidationErrors::default();
        errors.add("code", "invalid", "is not the code that the app shows now");
        return Err(errors.into());
    };
    sqlx::query("update desk.second_factors set last_step = $2 where user_id = $1")
        .bind(user.0)
        .bind(step)
        .execute(&mut *transaction)
        .await?;
    let codes = replace_codes(&mut transaction, user).await?;
    desk.commands.user(&info.request(), user, UserCommand::EnableTwoFactor).await?;
    transaction.commit().await?;
    desk.guesses.succeeded(guess).await?;
    Ok(codes)
}

async fn refuse_second(desk: &Desk, user: UserId) -> Answer<()> {
    if desk.commands.load_user(user).await?.state.has_two_factor() {
        let message = "the account has a second factor; disable it before another one is set up";
        return Err(Problem::conflict("TWO_FACTOR_ON", message));
    }
    Ok(())
}

/// Asks for no second factor any more, and forgets secret and codes.
///
/// # Errors
/// Refused by the rules.
pub(crate) async fn disable(desk: &Desk, request: &Request, user: UserId) -> Answer<application::Done> {
    let done = desk.commands.user(request, user, UserCommand::DisableTwoFactor).await?;
    let mut transaction = desk.pool().begin().await?;
    for statement in [
        "delete from desk.second_factors where user_id = $1",
        "delete from desk.recovery_codes where user_id = $1",
    ] {
        sqlx::query(statement).bind(user.0).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(done)
}

/// New recovery codes; earlier ones are good no more.
///
/// # Errors
/// There is no second factor.
pub(crate) async fn renew_codes(desk: &Desk, info: &RequestInfo, user: UserId) -> Answer<Vec<RecoveryCode>> {
    let mut transaction = desk.pool().begin().await?;
    let codes = replace_codes(&mut transaction, user).await?;
    desk.commands.user(&info.request(), user, UserCommand::MakeRecoveryCodes).await?;
    transaction.commit().await?;
    Ok(codes)
}

async fn replace_codes(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<RecoveryCode>> {
    let codes = RecoveryCode::generate();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.hash(user).to_vec()).collect();
    sqlx::query("delete from desk.recovery_codes where user_id = $1")
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query("insert into desk.recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])")
        .bind(user.0)
        .bind(hashes)
        .execute(connection)
        .await?;
    Ok(codes)
}

/// How many recovery codes `user` has left.
pub(crate) async fn codes_left(desk: &Desk, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from desk.recovery_codes where user_id = $1 and used_at is null")
        .bind(user.0)
        .fetch_one(desk.pool())
        .await
}

/// Takes one of the attempts at the second factor of `user` that are left. A person has one count, under whichever name
/// they signed in: whoever is asked for a code has shown whose account it is.
///
/// # Errors
/// 429 if none is left.
async fn admit(desk: &Desk, info: &RequestInfo, user: UserId) -> Answer<Guess> {
    let name = user.to_string();
    let secret = Guessed::SecondFactor;
    desk.guesses.admit(&Attempt { secret, name: &name, user: Some(user), address: info.address }).await
}

/// Uses up `code`, the app's or a recovery code, if it is a good one of `user`, and says which it was: of many who show
/// the same code at once, one is told.
///
/// # Errors
/// 429 after five wrong ones within a quarter of an hour.
pub(crate) async fn accept(
    desk: &Desk,
    info: &RequestInfo,
    user: UserId,
    code: &str,
) -> Answer<Option<SecondFactor>> {
    let guess = admit(desk, info, user).await?;
    let (is_good, kind) = match RecoveryCode::parse(code) {
        Some(code) => (accept_recovery(desk, info, user, &code).await?, SecondFactor::RecoveryCode),
        None => (accept_totp(desk, user, code.trim()).await?, SecondFactor::Totp),
    };
    if !is_good {
        desk.guesses.failed(guess);
        return Ok(None);
    }
    desk.guesses.succeeded(guess).await?;
    Ok(Some(kind))
}

async fn accept_totp(desk: &Desk, user: UserId, code: &str) -> Answer<bool> {
    let row: Option<String> = sqlx::query_scalar("select secret from desk.second_factors where user_id = $1")
        .bind(user.0)
        .fetch_optional(desk.pool())
        .await?;
    let Some(sealed) = row else { return Ok(false) };
    let secret = opened(desk, user, &sealed).await?;
    let Some(step) = secret.and_then(|secret| secret.step_of(code, Utc::now().timestamp())) else {
        return Ok(false);
    };
    // The comparison and the note are one statement: whoever comes second finds the step taken.
    let taken = sqlx::query(
        "update desk.second_factors set last_step = $3
          where user_id = $1 and secret = $2 and (last_step is null or last_step < $3)",
    );
    Ok(taken.bind(user.0).bind(sealed).bind(step).execute(desk.pool()).await?.rows_affected() == 1)
}

async fn accept_recovery(desk: &Desk, info: &RequestInfo, user: UserId, code: &RecoveryCode) -> Answer<bool> {
    let mut transaction = desk.pool().begin().await?;
    let taken = sqlx::query(
        "update desk.recovery_codes set used_at = now()
          where user_id = $1 and code_hash = $2 and used_at is null",
    );
    let taken = taken.bind(user.0).bind(code.hash(user).as_slice()).execute(&mut *transaction).await?;
    if taken.rows_affected() != 1 {
        return Ok(false);
    }
    desk.commands.user(&info.request(), user, UserCommand::UseRecoveryCode).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The secret that `sealed` is; none once its owner was erased.
async fn opened(desk: &Desk, user: UserId, sealed: &str) -> Answer<Option<TotpSecret>> {
    let text = desk.log.keys().open_text(user, CONTEXT, sealed).await?;
    Ok(text.and_then(|text| TotpSecret::parse(&text)))
}
