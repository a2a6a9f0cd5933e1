//! A browser that comes back from a provider.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::activity::SignInMethod;
use domain::id::UserId;
use infrastructure::oidc::{BrowserSecret, Person, Provider};
use serde::Serialize;
use utoipa::ToSchema;

use super::{cookie, person};
use crate::activity::RequestInfo;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::oidc_flows::{self, EXCHANGE, Flow, Purpose};
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing, Upstream};
use crate::problem::{Answer, Problem};
use crate::query::parameters;
use crate::return_path::ReturnPath;
use crate::routes::auth::tokens::TokenPair;

/// What came of it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum CameBack {
    /// Somebody is signed in.
    SignedIn(Box<TokenPair>),
    /// Their account is linked.
    Linked(Linked),
}

/// That an account is linked.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkedIdentity)]
pub(super) struct Linked {
    /// What people read.
    #[schema(example = "linked")]
    message: &'static str,
    /// The provider.
    #[schema(example = "google")]
    provider: String,
}

/// Come back from a provider
///
/// For browsers that a provider sends back. Answers with tokens; with `return_to` it sends the browser on, with
/// `?code=` for `/auth/oidc/exchange`, or with `?error=` and the code of what went wrong. Tokens are never in addresses.
/// Whoever signs in here is not asked for the desk's second factor: the provider vouches for them.
#[utoipa::path(
    get, path = "/auth/oidc/{provider}/callback", operation_id = "finish_oidc_sign_in", tag = "auth",
    params(
        ("provider" = String, Path, description = "The provider's name.", example = "google"),
        ("code" = Option<String>, Query, description = "What the provider gave."),
        ("state" = Option<String>, Query, description = "What the desk sent along."),
        ("iss" = Option<String>, Query, description = "How the provider names itself."),
        ("error" = Option<String>, Query, description = "Why the provider signs nobody in."),
    ),
    responses(
        (status = 200, description = "Signed in, or linked.", body = CameBack),
        (status = 303, description = "To the path that the sign-in was begun with."),
        Guarded, Forbidden, Missing, Conflicting, Checked, Upstream,
    ),
)]
pub(super) async fn callback(
    State(desk): State<Desk>,
    info: RequestInfo,
    Id(name): Id<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer<Response> {
    let provider = super::provider(&desk, &name)?;
    let mut said = parameters(&uri)?;
    let secret = cookie::shown(&desk, &headers).ok_or_else(not_begun_here)?;
    let state = said.remove("state").unwrap_or_default();
    if !BrowserSecret::is_same(&secret.state(), &state) {
        return Err(not_begun_here());
    }
    let flow = oidc_flows::take(desk.pool(), &secret, Some(provider.name()), false).await?;
    let Flow { purpose, return_to } = flow.ok_or_else(not_begun_here)?;
    let ended = match whom(&provider, &secret, &said).await {
        Ok(whom) => end(&desk, &info, &provider, whom, purpose, return_to.as_ref()).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &ended
        && purpose == Purpose::SignIn
    {
        person::note(&desk, &info, SignInMethod::Openid, problem).await;
    }
    let answer = match (ended, return_to) {
        (Err(problem), Some(path)) => to(&path.with("error", problem.code())),
        (Err(problem), None) => problem.into_response(),
        (Ok(answer), _) => answer,
    };
    // A browser that gets tokens later keeps a secret for that; every other has no use for one any more.
    let keeps = answer.headers().contains_key(axum::http::header::SET_COOKIE);
    Ok(if keeps { answer } else { (cookie::clear(&desk), answer).into_response() })
}

/// The same whatever is missing, wrong, used or over: nobody learns which.
fn not_begun_here() -> Problem {
    let message =
        "this sign-in was not begun in this browser, or was finished before, or took too long; begin again";
    Problem::new(StatusCode::BAD_REQUEST, "OIDC_STATE_INVALID", message)
}

fn to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.to_owned())]).into_response()
}

/// Whom the provider says it has signed in.
async fn whom(
    provider: &Provider,
    secret: &BrowserSecret,
    said: &BTreeMap<String, String>,
) -> Answer<Person> {
    if said.contains_key("error") {
        let message = "the provider did not sign anybody in";
        return Err(Problem::new(StatusCode::FORBIDDEN, "OIDC_DENIED", message));
    }
    let code = said.get("code").ok_or_else(|| Problem::malformed("code: is missing"))?;
    Ok(provider.person(secret, code, said.get("iss").map(String::as_str)).await?)
}

async fn end(
    desk: &Desk,
    info: &RequestInfo,
    provider: &Provider,
    whom: Person,
    purpose: Purpose,
    return_to: Option<&ReturnPath>,
) -> Answer<Response> {
    match purpose {
        Purpose::SignIn => {
            let user = person::account(desk, provider, whom).await?;
            signed_in(desk, info, provider, user, return_to).await
        }
        Purpose::Link(user) => {
            person::link(desk, provider, user, &whom).await?;
            if let Some(path) = return_to {
                return Ok(to(&path.with("linked", provider.name())));
            }
            let provider = provider.name().to_owned();
            Ok(Json(CameBack::Linked(Linked { message: "linked", provider })).into_response())
        }
        Purpose::Exchange(_) => Err(not_begun_here()),
    }
}

async fn signed_in(
    desk: &Desk,
    info: &RequestInfo,
    provider: &Provider,
    user: UserId,
    return_to: Option<&ReturnPath>,
) -> Answer<Response> {
    let Some(path) = return_to else {
        return Ok(Json(CameBack::SignedIn(Box::new(
            person::begin(desk, info, user, SignInMethod::Openid).await?,
        )))
        .into_response());
    };
    // A new secret: whoever knew the one from before learns nothing of the code.
    let secret = BrowserSecret::generate();
    let flow = Flow { purpose: Purpose::Exchange(user), return_to: None };
    oidc_flows::begin(desk.pool(), &secret, provider.name(), &flow, EXCHANGE).await?;
    let next = to(&path.with("code", &secret.exchange_code()));
    Ok((cookie::set(desk, &secret), next).into_response())
}
