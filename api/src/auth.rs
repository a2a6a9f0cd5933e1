//! Who asks: a bearer token, checked against the account as it is now.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};
use domain::access::{Caller, Role};
use domain::id::UserId;
use infrastructure::token::Claims;
use moka::sync::Cache;
use uuid::Uuid;

use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::problem::Problem;

/// How long a session counts as good without another look.
pub(crate) const TRUSTED_FOR: Duration = Duration::from_secs(1);
const SESSIONS_KEPT: u64 = 100_000;

/// A signed-in person: as what and for which departments, as of now.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// The same, as commands take it.
    pub caller: Caller,
    /// The access token's identity.
    pub jti: Uuid,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
}

/// A signed-in agent or administrator; everybody else is answered 403.
#[derive(Debug, Clone)]
pub struct Staff(pub Signed);

/// A signed-in administrator; everybody else is answered 403.
#[derive(Debug, Clone)]
pub struct Admin(pub Signed);

/// Who was seen signed in a moment ago, by token.
pub(crate) struct Sessions(Cache<Uuid, Arc<Caller>>);

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

/// What became of looking who asks; in the request's extensions, so that it is looked once.
#[derive(Clone)]
struct Looked(Result<Signed, Problem>);

impl FromRequestParts<Desk> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        identify(parts, desk).await
    }
}

/// Who asks, whatever they ask for.
pub(crate) async fn identify(parts: &mut Parts, desk: &Desk) -> Result<Signed, Problem> {
    if let Some(Looked(known)) = parts.extensions.get() {
        return known.clone();
    }
    let found = async {
        let token = bearer(&parts.headers)?;
        let claims = desk.tokens.verify(token, Utc::now()).map_err(|bad| denied(&bad.to_string()))?;
        session(desk, &claims).await
    };
    let found = found.await;
    if let Ok(signed) = &found {
        Exchange::of(&parts.extensions).signed_by(signed.user);
    }
    parts.extensions.insert(Looked(found.clone()));
    found
}

impl Signed {
    /// The same session as of now, for answers that go on for long.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) async fn again(&self, desk: &Desk) -> Result<Self, Problem> {
        if self.expires_at <= Utc::now() {
            return Err(denied("the token has expired"));
        }
        let caller = caller(desk, self.user, self.jti).await?;
        let role = if let Caller::Person { role, .. } = &caller { *role } else { self.role };
        Ok(Self { role, caller, ..self.clone() })
    }
}

impl OptionalFromRequestParts<Desk> for Signed {
    type Rejection = Problem;

    /// None without a token; a token that is not good is still answered 401.
    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<Desk>>::from_request_parts(parts, desk).await.map(Some)
    }
}

impl FromRequestParts<Desk> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        if signed.caller.is_staff() {
            Ok(Self(signed))
        } else {
            Err(Problem::forbidden("only agents and administrators may do this"))
        }
    }
}

impl FromRequestParts<Desk> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        if signed.caller.is_admin() {
            Ok(Self(signed))
        } else {
            Err(Problem::forbidden("only administrators may do this"))
        }
    }
}

/// The token in `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let sign_in = || Problem::unauthenticated("sign in and send the access token as Authorization: Bearer …");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(sign_in()) };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(sign_in)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(sign_in()) }
}

fn denied(why: &str) -> Problem {
    Problem::unauthenticated(why)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
}

/// The session of the token that says `claims`: its account as of now, unless it was signed out.
async fn session(desk: &Desk, claims: &Claims) -> Result<Signed, Problem> {
    let caller = caller(desk, claims.sub, claims.jti).await?;
    let role = if let Caller::Person { role, .. } = &caller { *role } else { claims.role };
    Ok(Signed { user: claims.sub, role, caller, jti: claims.jti, expires_at: claims.expires_at() })
}

/// Who the token `jti` of `user` signs in, as seen a moment ago at most.
async fn caller(desk: &Desk, user: UserId, jti: Uuid) -> Result<Caller, Problem> {
    if let Some(known) = desk.sessions.0.get(&jti).filter(|known| known.is(user)) {
        return Ok(Caller::clone(&known));
    }
    let caller = look_up(desk, user, jti).await?;
    desk.sessions.0.insert(jti, Arc::new(caller.clone()));
    Ok(caller)
}

/// The account is asked of the log, so a role taken away is gone at once and not when a read model shows it.
async fn look_up(desk: &Desk, user: UserId, jti: Uuid) -> Result<Caller, Problem> {
    let revoked = async {
        sqlx::query_scalar::<_, bool>("select exists (select from desk.revoked_tokens where jti = $1)")
            .bind(jti)
            .fetch_one(desk.pool())
            .await
            .map_err(Problem::from)
    };
    let account = async { desk.commands.load_user(user).await.map_err(Problem::from) };
    let (revoked, account) = tokio::try_join!(revoked, account)?;
    if revoked {
        return Err(denied("the token was signed out"));
    }
    let account = &account.state;
    match account.role() {
        Some(role) if account.is_active() => {
            Ok(Caller::Person { id: user, role, departments: account.departments().to_vec() })
        }
        _ => Err(denied("the account may not sign in")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_the_one_authorization_header() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(with(&["Bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(with(&["bearer abc"]), Ok("abc".to_owned()));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(with(bad), Err(401), "{bad:?}");
        }
    }
}
