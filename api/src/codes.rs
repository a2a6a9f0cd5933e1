//! Codes that prove an e-mail address, and the tokens they are exchanged for: rows beside the log, hashed.

use chrono::{TimeDelta, Utc};
use domain::user::values::EmailAddress;
use infrastructure::mail::NewMail;
use infrastructure::token::OneTimeToken;
use ring::rand::{SecureRandom, SystemRandom};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::desk::Desk;
use crate::letters;
use crate::mail::is_reachable;
use crate::problem::Answer;

/// How long a code is good, in minutes.
pub(crate) const GOOD_FOR_MINUTES: i64 = 10;
/// How often a code may be guessed.
pub(crate) const TRIES: i16 = 5;
/// How long an address waits for its next code, in seconds.
pub(crate) const RESEND_AFTER_SECONDS: i64 = 60;
/// How many codes an address gets in an hour: with [`TRIES`] that makes 25 guesses.
pub(crate) const PER_HOUR: i64 = 5;
/// How long the token is good that a code is exchanged for, in seconds.
pub(crate) const TOKEN_GOOD_FOR_SECONDS: i64 = 30 * 60;
/// How often a token may be shown: a name that is taken does not use it up, and nobody tries many names with it.
const TOKEN_TRIES: i16 = 5;
/// The class of locks that let one address be asked for at a time; the log's are of another.
const ADDRESS_LOCK: i32 = 0x6d61_696c;

/// That an address is somebody's who has just proven it.
pub(crate) struct Proof(Uuid);

/// Sends `address` a code, unless it had one a moment ago or too many within the hour. Only the newest is good.
pub(crate) async fn send(desk: &Desk, address: &EmailAddress) -> Answer<()> {
    if !is_reachable(address) {
        return Ok(());
    }
    let (id, code) = (Uuid::now_v7(), made_up());
    let mail = NewMail {
        good_until: Some(Utc::now() + TimeDelta::minutes(GOOD_FOR_MINUTES)),
        ..NewMail::new(None, address.clone(), letters::code(&code))
    };
    let mail = desk.outbox.prepare(mail).await?;
    let hashed = address_hash(desk, address);
    let mut transaction = desk.pool().begin().await?;
    lock(&mut transaction, &hashed).await?;
    let added = sqlx::query(
        "insert into desk.mail_codes (id, address, code_hash, expires_at)
         select $1, $2, $3, now() + make_interval(mins => $4)
          where not exists (select from desk.mail_codes
                             where address = $2 and created_at > now() - make_interval(secs => $5))
            and (select count(*) from desk.mail_codes
                  where address = $2 and created_at > now() - interval '1 hour') < $6",
    )
    .bind(id)
    .bind(&hashed[..])
    .bind(code_hash(desk, id, &code).as_slice())
    .bind(i32::try_from(GOOD_FOR_MINUTES).unwrap_or_default())
    .bind(f64::from(i32::try_from(RESEND_AFTER_SECONDS).unwrap_or_default()))
    .bind(PER_HOUR)
    .execute(&mut *transaction)
    .await?;
    if added.rows_affected() == 1 {
        forget_old(&mut transaction).await?;
        mail.put(&mut transaction).await?;
        transaction.commit().await?;
        desk.outbox.wake();
    }
    Ok(())
}

/// The token for the code that was sent to `address`; none if it is another one, or not good any more. Every look
/// at a code counts, and however many come at once, no more than [`TRIES`] are taken.
pub(crate) async fn exchange(
    desk: &Desk,
    address: &EmailAddress,
    code: &str,
) -> Answer<Option<OneTimeToken>> {
    let looked_at: Option<(Uuid, Vec<u8>)> = sqlx::query_as(
        "update desk.mail_codes
            set attempts = attempts + 1
          where id = (select id from desk.mail_codes where address = $1 order by created_at desc limit 1)
            and used_at is null and expires_at > now() and attempts < $2
      returning id, code_hash",
    )
    .bind(address_hash(desk, address).as_slice())
    .bind(TRIES)
    .fetch_optional(desk.pool())
    .await?;
    let right = looked_at.filter(|(id, hash)| code_hash(desk, *id, code) == hash[..]);
    let Some((id, _)) = right else { return Ok(None) };
    let token = OneTimeToken::generate();
    let used = sqlx::query(
        "update desk.mail_codes
            set used_at = now(), token_hash = $2, token_expires_at = now() + make_interval(secs => $3)
          where id = $1 and used_at is null",
    )
    .bind(id)
    .bind(token.hash().as_slice())
    .bind(f64::from(i32::try_from(TOKEN_GOOD_FOR_SECONDS).unwrap_or_default()))
    .execute(desk.pool())
    .await?;
    Ok((used.rows_affected() == 1).then_some(token))
}

/// Takes the token that `address` was proven with; none if it is not good for exactly this address.
pub(crate) async fn take(desk: &Desk, token: &str, address: &EmailAddress) -> Answer<Option<Proof>> {
    let Ok(token) = OneTimeToken::parse(token) else { return Ok(None) };
    let id: Option<Uuid> = sqlx::query_scalar(
        "update desk.mail_codes
            set token_used_at = now(), token_tries = token_tries + 1
          where token_hash = $1 and address = $2
            and token_used_at is null and token_expires_at > now() and token_tries < $3
      returning id",
    )
    .bind(token.hash().as_slice())
    .bind(address_hash(desk, address).as_slice())
    .bind(TOKEN_TRIES)
    .fetch_optional(desk.pool())
    .await?;
    Ok(id.map(Proof))
}

/// Gives a token back that led to nothing.
pub(crate) async fn give_back(desk: &Desk, proof: Proof) -> Answer<()> {
    sqlx::query("update desk.mail_codes set token_used_at = null where id = $1")
        .bind(proof.0)
        .execute(desk.pool())
        .await?;
    Ok(())
}

/// Lets whoever else asks for the same wait until the transaction ends.
pub(crate) async fn lock(transaction: &mut PgConnection, hash: &[u8]) -> sqlx::Result<()> {
    let key = hash.first_chunk().map_or(0, |bytes| i32::from_be_bytes(*bytes));
    sqlx::query("select pg_advisory_xact_lock($1, $2)")
        .bind(ADDRESS_LOCK)
        .bind(key)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Removes what is a day old, a little at a time.
async fn forget_old(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "delete from desk.mail_codes
          where id in (select id from desk.mail_codes
                        where created_at < now() - interval '1 day'
                        limit 100
                          for update skip locked)",
    )
    .execute(transaction)
    .await?;
    Ok(())
}

fn address_hash(desk: &Desk, address: &EmailAddress) -> [u8; 32] {
    desk.log.keys().claim_hash("address of a code", address.as_str())
}

/// What is kept of a code: a keyed hash, since whoever has a dump could try all of them against any other.
fn code_hash(desk: &Desk, id: Uuid, code: &str) -> [u8; 32] {
    desk.log.keys().claim_hash("code", &format!("{id} {code}"))
}

/// Six random digits, each code as likely as any other.
fn made_up() -> String {
    const CODES: u32 = 1_000_000;
    let random = SystemRandom::new();
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes).expect("the system has randomness once it is up");
        let number = u32::from_be_bytes(bytes);
        if number < u32::MAX - u32::MAX % CODES {
            return format!("{:06}", number % CODES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::made_up;

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..1_000 {
            let code = made_up();
            assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
        }
    }
}
