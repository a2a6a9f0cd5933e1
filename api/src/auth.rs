//! Who asks: a bearer token, checked against the account as it is now.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};
use domain::access::{Caller, Role};
use domain::activity::ActivityEvent;
use domain::id::UserId;
use domain::scope::Scope;
use infrastructure::token::ApiSecret;
use uuid::Uuid;

use crate::activity::RequestInfo;
use crate::address::is_of_this_machine;
use crate::api_tokens::{self, Grant};
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::problem::Problem;
use crate::{required_factor, seen};

/// How long a session counts as good without another look.
pub(crate) const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How many refusals of one person are recorded in a minute.
const REFUSALS_NOTED: i32 = 10;

/// A signed-in person: as what and for which departments, as of now.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// The same, as commands take it.
    pub caller: Caller,
    /// The token's identity.
    pub jti: Uuid,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// What the API token allows that they came with; none for whoever signed in.
    pub grant: Option<Arc<Grant>>,
    /// Whether all they may do is set up a second factor, which their role needs and they have not.
    pub(crate) must_set_up: bool,
}

/// A signed-in agent or administrator; everybody else is answered 403.
#[derive(Debug, Clone)]
pub struct Staff(pub Signed);

/// A signed-in administrator; everybody else is answered 403.
#[derive(Debug, Clone)]
pub struct Admin(pub Signed);

/// Whoever may read the log: administrators, and service accounts that were given the scope `events:read`; everybody
/// else is answered 403.
#[derive(Debug, Clone)]
pub struct EventReader(pub Signed);

/// Whoever may audit: administrators, and service accounts that were given the scope `audit:read`; everybody else is
/// answered 403.
#[derive(Debug, Clone)]
pub struct Auditor(pub Signed);

/// Whoever may call as a part of the desk: programs on this machine without a token, and from elsewhere administrators and
/// service accounts that were given the scope `internal`; everybody else is answered 401 or 403.
#[derive(Debug, Clone, Copy)]
pub struct Insider;

/// What became of looking who asks; in the request's extensions, so that it is looked once.
#[derive(Clone)]
struct Looked(Result<Signed, Problem>);

/// As whom they are let in to what they ask for.
#[derive(Clone)]
struct Admitted(Result<Signed, Problem>);

impl FromRequestParts<Desk> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        required_factor::insist(let_in(parts, desk).await?)
    }
}

/// As whom they are let in to what they ask for, even if all they may do is set up a second factor.
pub(crate) async fn let_in(parts: &mut Parts, desk: &Desk) -> Result<Signed, Problem> {
    if let Some(Admitted(known)) = parts.extensions.get() {
        return known.clone();
    }
    let signed = identify(parts, desk).await?;
    let admitted = api_tokens::admit(desk, parts, signed).await;
    parts.extensions.insert(Admitted(admitted.clone()));
    admitted
}

/// Who was let in to the request with these extensions.
pub(crate) fn admitted(extensions: &Extensions) -> Option<&Signed> {
    extensions.get::<Admitted>().and_then(|Admitted(known)| known.as_ref().ok())
}

/// Whose token it is, whatever it is used for.
pub(crate) async fn identify(parts: &mut Parts, desk: &Desk) -> Result<Signed, Problem> {
    if let Some(Looked(known)) = parts.extensions.get() {
        return known.clone();
    }
    let found = async {
        let token = bearer(&parts.headers)?;
        if ApiSecret::is_meant_by(token) {
            return api_tokens::signed(desk, token).await;
        }
        let claims = desk.tokens.verify(token, Utc::now()).map_err(|bad| denied(&bad.to_string()))?;
        seen::signed(desk, &claims).await
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
        if let Some(grant) = &self.grant {
            return api_tokens::again(desk, grant, self.user).await;
        }
        required_factor::insist(seen::again(desk, self).await?)
    }

    /// As whom they read the log: a service account reads all of it if an administrator gave it the scope for that.
    #[must_use]
    pub fn reader(&self) -> Caller {
        if self.has_been_given(Scope::EventsRead) { Caller::System("reader") } else { self.caller.clone() }
    }

    /// Whether it is a service account that acts as itself.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.grant.as_ref().is_some_and(|grant| grant.owner == self.user && grant.is_of_service)
    }

    /// Whether they are a service account to which an administrator gave `scope`, and act as themselves.
    fn has_been_given(&self, scope: Scope) -> bool {
        self.is_service() && self.grant.as_ref().is_some_and(|grant| grant.scopes.contains(&scope))
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
            return Ok(Self(signed));
        }
        note_refusal(parts, desk, &signed).await;
        Err(Problem::forbidden("only agents and administrators may do this"))
    }
}

impl FromRequestParts<Desk> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        if signed.caller.is_admin() {
            return Ok(Self(signed));
        }
        note_refusal(parts, desk, &signed).await;
        Err(Problem::forbidden("only administrators may do this"))
    }
}

/// Notes that somebody asked for what their role does not allow. That it cannot be noted changes nothing about that.
async fn note_refusal(parts: &mut Parts, desk: &Desk, signed: &Signed) {
    let exchange = Exchange::of(&parts.extensions);
    let operation = format!("{} {}", exchange.method(), exchange.endpoint());
    let Ok(info) = RequestInfo::from_request_parts(parts, desk).await;
    let refused = ActivityEvent::AccessRefused { user: signed.user, operation };
    if let Err(problem) = desk.record_some(&info, refused, "access refused", REFUSALS_NOTED).await {
        tracing::warn!(code = problem.code(), "A refusal was not recorded");
    }
}

impl FromRequestParts<Desk> for EventReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        given(parts, desk, Scope::EventsRead).await.map(Self)
    }
}

impl FromRequestParts<Desk> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        given(parts, desk, Scope::AuditRead).await.map(Self)
    }
}

impl FromRequestParts<Desk> for Insider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        if !is_of_this_machine(desk, parts) {
            given(parts, desk, Scope::Internal).await?;
        }
        Ok(Self)
    }
}

/// An administrator, or a service account that was given `scope`.
async fn given(parts: &mut Parts, desk: &Desk, scope: Scope) -> Result<Signed, Problem> {
    let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
    if signed.caller.is_admin() || signed.has_been_given(scope) {
        return Ok(signed);
    }
    note_refusal(parts, desk, &signed).await;
    let message =
        format!("only administrators, and service accounts given the scope {}, may do this", scope.as_str());
    Err(Problem::forbidden(message))
}

/// The token in `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let sign_in = || Problem::unauthenticated("sign in and send the access token as Authorization: Bearer …");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(sign_in()) };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(sign_in)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(sign_in()) }
}

pub(crate) fn denied(why: &str) -> Problem {
    Problem::unauthenticated(why)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
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
