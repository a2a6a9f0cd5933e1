//! Whom access tokens sign in: the account as it was seen a moment ago at most.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{Caller, Role};
use domain::id::UserId;
use infrastructure::token::Claims;
use moka::sync::Cache;
use uuid::Uuid;

use crate::auth::{Signed, TRUSTED_FOR, denied};
use crate::desk::Desk;
use crate::problem::{Answer, Problem};
use crate::sessions;

const SESSIONS_KEPT: u64 = 100_000;

/// Who was seen signed in a moment ago, by token.
pub(crate) struct Sessions(Cache<Uuid, Arc<Seen>>);

/// An account as it was seen.
#[derive(Clone)]
struct Seen {
    user: UserId,
    role: Role,
    caller: Caller,
    has_two_factor: bool,
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(SESSIONS_KEPT).time_to_live(TRUSTED_FOR).build())
    }
}

impl Sessions {
    /// From now on the token is looked at again.
    pub(crate) fn forget(&self, jti: Uuid) {
        self.0.invalidate(&jti);
    }

    /// From now on every token is looked at again.
    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

/// The session of the token that says `claims`: its account as of now, unless it was signed out.
///
/// # Errors
/// 401 if it was, or the account may not sign in.
pub(crate) async fn signed(desk: &Desk, claims: &Claims) -> Answer<Signed> {
    let seen = account(desk, claims.sub, claims.jti).await?;
    as_seen(desk, &seen, claims.jti, claims.expires_at()).await
}

/// The session of the token `jti` of `user`, for something that was given out with it and ends at `expires_at`.
///
/// # Errors
/// 401 as with the token itself.
pub(crate) async fn signed_with(
    desk: &Desk,
    user: UserId,
    jti: Uuid,
    expires_at: DateTime<Utc>,
) -> Answer<Signed> {
    let seen = account(desk, user, jti).await?;
    as_seen(desk, &seen, jti, expires_at).await
}

/// The same session as of now.
///
/// # Errors
/// It has ended.
pub(crate) async fn again(desk: &Desk, signed: &Signed) -> Answer<Signed> {
    // Looked at anew, not as somebody else saw it a moment ago: two moments would be too long.
    let seen = look_up(desk, signed.user, signed.jti).await?;
    as_seen(desk, &seen, signed.jti, signed.expires_at).await
}

/// Whom the token `jti` signs in. What is set is not kept with the account, so that it counts as soon as it is seen.
async fn as_seen(desk: &Desk, seen: &Seen, jti: Uuid, expires_at: DateTime<Utc>) -> Answer<Signed> {
    let Seen { user, role, caller, has_two_factor } = seen.clone();
    let caller = desk.reaching(caller).await?;
    let must_set_up = !has_two_factor && desk.needs_second_factor(role).await?;
    Ok(Signed { user, role, caller, jti, expires_at, grant: None, must_set_up })
}

/// The account that the token `jti` signs in to, as seen a moment ago at most.
async fn account(desk: &Desk, user: UserId, jti: Uuid) -> Answer<Arc<Seen>> {
    if let Some(known) = desk.sessions.0.get(&jti).filter(|known| known.user == user) {
        return Ok(known);
    }
    let seen = Arc::new(look_up(desk, user, jti).await?);
    desk.sessions.0.insert(jti, Arc::clone(&seen));
    Ok(seen)
}

/// The account is asked of the log, so a role taken away is gone at once and not when a read model shows it.
async fn look_up(desk: &Desk, user: UserId, jti: Uuid) -> Answer<Seen> {
    let revoked = async { sessions::is_ended(desk.pool(), jti).await.map_err(Problem::from) };
    let account = async { desk.commands.load_user(user).await.map_err(Problem::from) };
    let (revoked, account) = tokio::try_join!(revoked, account)?;
    if revoked {
        return Err(denied("the token was signed out"));
    }
    let account = &account.state;
    match (account.role(), account.caller()) {
        (Some(role), Some(caller)) if account.may_sign_in() => {
            Ok(Seen { user, role, caller, has_two_factor: account.has_two_factor() })
        }
        _ => Err(denied("the account may not sign in")),
    }
}
