//! Whom a token signs in: its owner as of now, with what it allows.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::UserId;
use domain::scope::Scope;
use infrastructure::token::ApiSecret;
use moka::sync::Cache;
use sqlx::PgPool;
use uuid::Uuid;

use super::admission::person;
use crate::auth::{Signed, TRUSTED_FOR, denied};
use crate::desk::Desk;
use crate::problem::Answer;

const TOKENS_KEPT: u64 = 100_000;

/// What the API token that was shown allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which token.
    pub id: Uuid,
    /// Whose it is, whoever it acts for.
    pub owner: UserId,
    /// Whether its owner is a service account.
    pub is_of_service: bool,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// How many requests it may make in a window, if fewer than its owner's tokens may together.
    pub max_requests: Option<u32>,
    /// By which it is looked up again.
    hash: [u8; 32],
}

/// Whom tokens signed in a moment ago, by their hashes.
pub(crate) struct Holders(Cache<[u8; 32], Arc<Signed>>);

impl Default for Holders {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(TOKENS_KEPT).time_to_live(TRUSTED_FOR).build())
    }
}

impl Holders {
    /// From now on every token is looked at again.
    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

/// Whom the token `text` signs in.
///
/// # Errors
/// 401: it is not good, or not any more.
pub(crate) async fn signed(desk: &Desk, text: &str) -> Answer<Signed> {
    let secret = ApiSecret::parse(text).map_err(|bad| denied(&bad.to_string()))?;
    by_hash(desk, secret.hash()).await
}

/// Who signed in with `grant`, and acted for `person` with it, as of now.
///
/// # Errors
/// 401 or 403: they may not any more.
pub(crate) async fn again(desk: &Desk, grant: &Grant, acting_as: UserId) -> Answer<Signed> {
    let owner = by_hash(desk, grant.hash).await?;
    if acting_as == owner.user { Ok(owner) } else { person(desk, owner, acting_as).await }
}

async fn by_hash(desk: &Desk, hash: [u8; 32]) -> Answer<Signed> {
    let known = desk.holders.0.get(&hash).filter(|known| Utc::now() < known.expires_at);
    let signed = if let Some(known) = known {
        Signed::clone(&known)
    } else {
        let signed = look_up(desk, hash).await?;
        desk.holders.0.insert(hash, Arc::new(signed.clone()));
        signed
    };
    // Not kept with the holder, so that a setting counts as soon as it is seen.
    let caller = desk.reaching(signed.caller.clone()).await?;
    Ok(Signed { caller, ..signed })
}

/// The log is asked, as for every session: a token taken back is gone at once on every node.
async fn look_up(desk: &Desk, hash: [u8; 32]) -> Answer<Signed> {
    let refused = || denied("the API token is not good, or not any more");
    let row: Option<(Uuid, Uuid, Option<DateTime<Utc>>)> =
        sqlx::query_as("select id, user_id, last_used_at from desk.api_tokens where token_hash = $1")
            .bind(hash.as_slice())
            .fetch_optional(desk.pool())
            .await?;
    let (id, owner, last_used_at) = row.ok_or_else(refused)?;
    let (owner, now) = (UserId(owner), Utc::now());
    let account = &desk.commands.load_user(owner).await?.state;
    let (Some(token), Some(role), Some(caller)) = (account.token(id, now), account.role(), account.caller())
    else {
        return Err(refused());
    };
    if last_used_at.is_none_or(|at| now - at > TimeDelta::minutes(1)) {
        tokio::spawn(used(desk.pool().clone(), id));
    }
    let grant = Grant {
        id,
        owner,
        is_of_service: account.is_service(),
        scopes: token.scopes,
        max_requests: token.max_requests,
        hash,
    };
    Ok(Signed {
        user: owner,
        role,
        caller,
        jti: id,
        expires_at: token.expires_at,
        // Whoever issued it had shown more than a password, or needed not to.
        must_set_up: false,
        grant: Some(Arc::new(grant)),
    })
}

/// Notes that the token `id` is used, once a minute at most over all nodes.
async fn used(pool: PgPool, id: Uuid) {
    let noted = sqlx::query(
        "update desk.api_tokens set last_used_at = now()
          where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')",
    );
    if let Err(error) = noted.bind(id).execute(&pool).await {
        tracing::debug!(%error, "The use of an API token could not be noted");
    }
}
