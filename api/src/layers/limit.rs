//! How many requests a caller may make: whoever is signed in by who they are, everybody else by their address.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::Role;
use infrastructure::rate_limit::Standing;
use uuid::Uuid;

use crate::address::ClientAddress;
use crate::auth::{Signed, identify};
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// What is answered however often it is asked for: what watches over the desk, and what describes it.
const FREE: [&str; 7] =
    ["/", "/health", "/health/ready", "/version", "/metrics", "/openapi.json", "/asyncapi.json"];
const FREE_BELOW: [&str; 2] = ["/docs", "/schemas"];

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");
/// The headers that tell callers how they stand.
pub(super) const TOLD: [HeaderName; 5] = [LIMIT, REMAINING, RESET, POLICY, STATE];

/// Whose allowance a request is counted against.
struct Allowance {
    /// What the policy is called.
    policy: &'static str,
    /// Whose.
    caller: Uuid,
    /// How many requests in a window.
    limit: u32,
}

/// Answers 429 to whoever made as many requests as they may; tells everybody else how they stand. Who asks is found
/// out first, so a token that is not good counts for the address it came from.
pub(super) async fn limit(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if is_free(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let (allowance, standing) = match stands(&mut parts, &desk).await {
        Ok(counted) => counted,
        Err(problem) => return problem.into_response(),
    };
    let mut response = if standing.is_admitted {
        next.run(Request::from_parts(parts, body)).await
    } else {
        refused(&desk, standing).into_response()
    };
    tell(&desk, response.headers_mut(), &allowance, standing);
    response
}

/// Counts one request more of `signed`, who sends it by a socket.
///
/// # Errors
/// 429: they made as many as they may.
pub(crate) async fn count(desk: &Desk, signed: &Signed) -> Answer<()> {
    for allowance in Allowance::of_token(signed).into_iter().chain([Allowance::of(signed, desk)]) {
        let standing = desk.requests.admit(allowance.caller, allowance.limit).await?;
        if !standing.is_admitted {
            return Err(refused(desk, standing));
        }
    }
    Ok(())
}

async fn stands(parts: &mut Parts, desk: &Desk) -> Answer<(Allowance, Standing)> {
    let (own, allowance) = allowances(parts, desk).await?;
    if let Some(own) = own {
        let standing = desk.requests.admit(own.caller, own.limit).await?;
        if !standing.is_admitted {
            return Ok((own, standing));
        }
        let together = desk.requests.admit(allowance.caller, allowance.limit).await?;
        let is_nearer = together.is_admitted && standing.remaining <= together.remaining;
        return Ok(if is_nearer { (own, standing) } else { (allowance, together) });
    }
    let standing = desk.requests.admit(allowance.caller, allowance.limit).await?;
    Ok((allowance, standing))
}

/// What the request is counted against: an API token's own allowance, if it has one, and the caller's.
async fn allowances(parts: &mut Parts, desk: &Desk) -> Answer<(Option<Allowance>, Allowance)> {
    if parts.headers.contains_key(AUTHORIZATION) {
        match identify(parts, desk).await {
            Ok(signed) => return Ok((Allowance::of_token(&signed), Allowance::of(&signed, desk))),
            Err(nobody) if nobody.status() == StatusCode::UNAUTHORIZED => {}
            Err(problem) => return Err(problem),
        }
    }
    let network = ClientAddress::of(desk, &parts.headers, &parts.extensions).network();
    let caller = desk.requests.key_of(network);
    Ok((None, Allowance { policy: "address", caller, limit: desk.config.limits.requests.most }))
}

impl Allowance {
    /// All API tokens of an account count together: more of them are not more requests.
    fn of(signed: &Signed, desk: &Desk) -> Self {
        let requests = &desk.config.limits.requests;
        if let Some(grant) = &signed.grant {
            let caller = Uuid::new_v5(&grant.owner.0, b"api tokens");
            return Self { policy: "tokens", caller, limit: requests.most_of_staff };
        }
        let (policy, limit) = if signed.role == Role::User {
            ("user", requests.most)
        } else {
            ("staff", requests.most_of_staff)
        };
        Self { policy, caller: signed.user.0, limit }
    }
}

impl Allowance {
    fn of_token(signed: &Signed) -> Option<Self> {
        let grant = signed.grant.as_ref()?;
        grant.max_requests.map(|limit| Self { policy: "token", caller: grant.id, limit })
    }
}

fn is_free(path: &str) -> bool {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let is_below =
        |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    FREE.contains(&path) || FREE_BELOW.into_iter().any(is_below)
}

/// Seconds until the next window begins, rounded up: not before.
fn reset(standing: Standing) -> u64 {
    standing.resets_in.as_secs() + u64::from(standing.resets_in.subsec_nanos() > 0)
}

fn refused(desk: &Desk, standing: Standing) -> Problem {
    let (limit, window, seconds) = (standing.limit, desk.requests.window().as_secs(), reset(standing));
    let message = format!(
        "Rate limit exceeded: {limit} requests in {window} seconds; the next one in {seconds} seconds"
    );
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message)
        .detail("limit", limit)
        .detail("window_seconds", window)
        .retry_after(seconds)
}

/// The headers that tell how a caller stands. An answer that is about another limit keeps what it says.
fn tell(desk: &Desk, headers: &mut HeaderMap, allowance: &Allowance, standing: Standing) {
    let Standing { limit, remaining, .. } = standing;
    let (name, window, reset) = (allowance.policy, desk.requests.window().as_secs(), reset(standing));
    if !headers.contains_key(LIMIT) {
        headers.insert(LIMIT, limit.into());
        headers.insert(REMAINING, remaining.into());
        headers.insert(RESET, reset.into());
    }
    let policy = HeaderValue::try_from(format!("\"{name}\";q={limit};w={window}"));
    headers.insert(POLICY, policy.expect("names and digits are ASCII"));
    let state = HeaderValue::try_from(format!("\"{name}\";r={remaining};t={reset}"));
    headers.insert(STATE, state.expect("names and digits are ASCII"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_watches_and_describes_the_desk_is_free() {
        for path in
            ["/", "/health", "/api/v1/health/ready", "/metrics", "/docs", "/docs/a.css", "/schemas/x.json"]
        {
            assert!(is_free(path), "{path}");
        }
        for path in
            ["/api/v1/tickets", "/auth/login", "/documents", "/nowhere", "/healthy", "/api/v1/audit/key"]
        {
            assert!(!is_free(path), "{path}");
        }
    }
}
