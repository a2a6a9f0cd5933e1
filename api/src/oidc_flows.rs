//! Sign-ins at providers that are under way: each belongs to one browser, and is taken up once.

use std::time::Duration;

use domain::id::UserId;
use infrastructure::oidc::BrowserSecret;
use sqlx::PgPool;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::return_path::ReturnPath;

/// How long somebody may take to sign in at the provider.
pub(crate) const FLOW: Duration = Duration::from_mins(10);
/// How long a page may take to fetch the tokens.
pub(crate) const EXCHANGE: Duration = Duration::from_mins(1);

/// What follows when the browser comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Whoever comes back is signed in.
    SignIn,
    /// Whoever comes back is linked to this account.
    Link(UserId),
    /// Whoever comes back gets tokens for this account.
    Exchange(UserId),
}

impl Purpose {
    fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::SignIn => ("sign_in", None),
            Self::Link(user) => ("link", Some(user.0)),
            Self::Exchange(user) => ("exchange", Some(user.0)),
        }
    }

    fn of(word: &str, user: Option<Uuid>) -> Option<Self> {
        match (word, user.map(UserId)) {
            ("sign_in", None) => Some(Self::SignIn),
            ("link", Some(user)) => Some(Self::Link(user)),
            ("exchange", Some(user)) => Some(Self::Exchange(user)),
            _ => None,
        }
    }
}

/// A sign-in under way.
#[derive(Debug)]
pub(crate) struct Flow {
    /// What follows.
    pub(crate) purpose: Purpose,
    /// Where the browser goes on.
    pub(crate) return_to: Option<ReturnPath>,
}

/// Begins a flow of the browser with `secret`, and forgets those that nobody came back for.
pub(crate) async fn begin(
    pool: &PgPool,
    secret: &BrowserSecret,
    provider: &str,
    flow: &Flow,
    lasts: Duration,
) -> sqlx::Result<()> {
    let (purpose, user) = flow.purpose.columns();
    sqlx::query(
        "with old as (delete from desk.oidc_flows where expires_at < now())
         insert into desk.oidc_flows (browser_hash, provider, purpose, user_id, return_to, expires_at)
         values ($1, $2, $3, $4, $5, now() + $6)",
    )
    .bind(secret.hash().as_slice())
    .bind(provider)
    .bind(purpose)
    .bind(user)
    .bind(flow.return_to.as_ref().map(ReturnPath::as_str))
    .bind(PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX),
    })
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes up the flow of the browser with `secret`: of many who try, one gets it.
pub(crate) async fn take(
    pool: &PgPool,
    secret: &BrowserSecret,
    provider: Option<&str>,
    is_exchange: bool,
) -> sqlx::Result<Option<Flow>> {
    let row: Option<(String, Option<Uuid>, Option<String>)> = sqlx::query_as(
        "delete from desk.oidc_flows
          where browser_hash = $1 and expires_at > now() and ($2::text is null or provider = $2)
            and (purpose = 'exchange') = $3
         returning purpose, user_id, return_to",
    )
    .bind(secret.hash().as_slice())
    .bind(provider)
    .bind(is_exchange)
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|(purpose, user, return_to)| {
        let return_to = return_to.and_then(|path| ReturnPath::parse(&path).ok());
        Some(Flow { purpose: Purpose::of(&purpose, user)?, return_to })
    }))
}
