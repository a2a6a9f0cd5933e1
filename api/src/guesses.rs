//! The one limiter for whatever checks a secret: attempts are taken before the secret is looked at, and given back to
//! whoever was right.
//!
//! An account, the network an attempt comes from, and the desk as a whole each have so many attempts in a sliding
//! window. Strangers use up their own: from a network that an account signed in from before, only the attempts made
//! there count. Nobody is kept out for longer than the window.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use domain::id::UserId;
use infrastructure::keys::Keyring;
use metrics::counter;
use sqlx::PgPool;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::address::ClientAddress;
use crate::problem::{Answer, Problem};

/// How many wrong attempts an account has within the window, for each kind of secret.
pub(crate) const OF_ACCOUNT: i32 = 5;
/// How many a network has: an office makes its mistakes behind one address.
pub(crate) const OF_NETWORK: i32 = 50;
/// How many the desk has, whoever makes them. Beyond those only people at home here come in.
pub(crate) const OF_DESK: i32 = 300;
/// How long a wrong attempt counts.
pub(crate) const WINDOW: Duration = Duration::from_mins(15);
/// How many networks are remembered of each account, and for how long.
const NETWORKS: i64 = 20;
const REMEMBERED: Duration = Duration::from_hours(90 * 24);

const REFUSED: &str = "ledgerdesk_guesses_refused_total";

/// What is guessed at. Each kind has attempts of its own, wherever it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guessed {
    /// A password: at a sign-in, at its change.
    Password,
    /// A code of a second factor, or a recovery code.
    SecondFactor,
    /// A code or a token sent by mail.
    Code,
}

impl Guessed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
            Self::Code => "code",
        }
    }
}

/// An attempt to show a secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// What is guessed at.
    pub(crate) secret: Guessed,
    /// The account as it was named, in the one spelling that counts. Nobody's names count as somebody's do.
    pub(crate) name: &'a str,
    /// Whose account it is, if anybody's.
    pub(crate) user: Option<UserId>,
    /// From where.
    pub(crate) address: ClientAddress,
}

/// An attempt that may be made. One of which nothing more is heard counts as a wrong one.
#[derive(Debug)]
#[must_use = "whoever was right gets the attempt back"]
pub(crate) struct Guess {
    id: Uuid,
    is_hopeless: bool,
}

impl Guess {
    /// Whether the secret must not be compared: the answer has to be that it is wrong, and take as long. The account
    /// has no attempts left under any of its names; to say so under this one would tell whose it is.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.is_hopeless
    }
}

/// Attempts, counted in the database, for all nodes together.
pub(crate) struct Guesses {
    pool: PgPool,
    keys: Arc<Keyring>,
}

impl Guesses {
    pub(crate) fn new(pool: PgPool, keys: Arc<Keyring>) -> Self {
        Self { pool, keys }
    }

    /// Takes one of the attempts that are left.
    ///
    /// # Errors
    /// 429 with the time until there is one, if none is.
    pub(crate) async fn admit(&self, attempt: &Attempt<'_>) -> Answer<Guess> {
        let secret = attempt.secret.as_str();
        let id = Uuid::now_v7();
        let (verdict, wait): (String, Option<PgInterval>) = sqlx::query_as(
            "select verdict, wait from desk.admit_guess($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(secret)
        .bind(self.hash("guessed name", attempt.name))
        .bind(attempt.user.map(|user| user.0))
        .bind(self.network(None, attempt.address))
        .bind(self.network(attempt.user, attempt.address))
        .bind(OF_ACCOUNT)
        .bind(OF_NETWORK)
        .bind(OF_DESK)
        .bind(interval(WINDOW))
        .fetch_one(&self.pool)
        .await?;
        match verdict.as_str() {
            "admitted" => Ok(Guess { id, is_hopeless: false }),
            "hopeless" => {
                counter!(REFUSED, "secret" => secret, "of" => "account").increment(1);
                Ok(Guess { id, is_hopeless: true })
            }
            _ => {
                counter!(REFUSED, "secret" => secret, "of" => verdict).increment(1);
                Err(refused(wait.map_or(0, |wait| wait.microseconds)))
            }
        }
    }

    /// Gives an attempt back: the secret was right, or was not looked at.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn succeeded(&self, guess: Guess) -> Answer<()> {
        sqlx::query("delete from desk.guesses where id = $1").bind(guess.id).execute(&self.pool).await?;
        Ok(())
    }

    /// Lets an attempt count: the secret was wrong.
    #[expect(clippy::unused_self, reason = "it stands beside `succeeded`")]
    pub(crate) fn failed(&self, _: Guess) {}

    /// Notes that `user` signed in from `address`, with everything that takes: from there nobody can keep them out.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn remember(&self, user: UserId, address: ClientAddress) -> Answer<()> {
        sqlx::query(
            "insert into desk.known_networks (user_id, network) values ($1, $2)
                 on conflict (user_id, network) do update set seen_at = now()",
        )
        .bind(user.0)
        .bind(self.network(Some(user), address))
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "delete from desk.known_networks k
              where k.user_id = $1
                and (k.seen_at < now() - $2
                     or k.network not in (select n.network from desk.known_networks n
                                           where n.user_id = $1
                                           order by n.seen_at desc limit $3))",
        )
        .bind(user.0)
        .bind(interval(REMEMBERED))
        .bind(NETWORKS)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives `user` back every attempt that counts against them under any of `names`: an administrator lets them try
    /// again.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn forget(&self, user: UserId, names: &[&str]) -> Answer<()> {
        let names: Vec<Vec<u8>> = names.iter().map(|name| self.hash("guessed name", name)).collect();
        sqlx::query("delete from desk.guesses where user_id = $1 or name = any($2)")
            .bind(user.0)
            .bind(names)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The network of `address`, hashed; for every `user` in another way, so that nobody can see who was where.
    fn network(&self, user: Option<UserId>, address: ClientAddress) -> Vec<u8> {
        let network = address.network().to_string();
        match user {
            None => self.hash("network", &network),
            Some(user) => self.hash("network of a user", &format!("{user} {network}")),
        }
    }

    fn hash(&self, kind: &str, value: &str) -> Vec<u8> {
        self.keys.claim_hash(kind, value).to_vec()
    }
}

fn refused(microseconds: i64) -> Problem {
    let seconds = u64::try_from(microseconds).unwrap_or_default().div_ceil(1_000_000).max(1);
    let message = format!("too many failed attempts; try again in {seconds} seconds");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message)
        .detail("retry_after", seconds)
        .retry_after(seconds)
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_back() {
        assert!(refused(89_000_001).message().ends_with("in 90 seconds"));
        assert!(refused(0).message().ends_with("in 1 seconds"));
    }
}
