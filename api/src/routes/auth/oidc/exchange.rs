//! Fetching the tokens of a sign-in at a provider.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::activity::SignInMethod;
use infrastructure::oidc::BrowserSecret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{cookie, person};
use crate::activity::RequestInfo;
use crate::body::Json;
use crate::desk::Desk;
use crate::oidc_flows::{self, Flow, Purpose};
use crate::problem::declared::{CheckedBody, Guarded};
use crate::problem::{Answer, Problem};
use crate::routes::auth::tokens::TokenPair;

/// The code that came with the browser.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExchangeCode {
    /// What stood behind `?code=`.
    #[schema(example = "8XmGkJrT1UqVQp1d7uYx0Kp2c5lq3ZLw9h5Jm1vN4aE")]
    code: String,
}

/// Fetch the tokens of a sign-in at a provider
///
/// For the page that the browser was sent to, within a minute and once: the code is good only together with the
/// cookie of the same browser.
#[utoipa::path(
    post, path = "/auth/oidc/exchange", operation_id = "exchange_oidc_code", tag = "auth",
    responses((status = 200, description = "Signed in.", body = TokenPair), Guarded, CheckedBody),
)]
pub(super) async fn exchange(
    State(desk): State<Desk>,
    info: RequestInfo,
    headers: HeaderMap,
    Json(body): Json<ExchangeCode>,
) -> Answer<impl IntoResponse> {
    let bad = || {
        let message = "the code is not of this browser, or was used before, or is over; begin again";
        Problem::new(StatusCode::BAD_REQUEST, "OIDC_CODE_INVALID", message)
    };
    let secret = cookie::shown(&desk, &headers).ok_or_else(bad)?;
    if !BrowserSecret::is_same(&secret.exchange_code(), &body.code) {
        return Err(bad());
    }
    match oidc_flows::take(desk.pool(), &secret, None, true).await? {
        Some(Flow { purpose: Purpose::Exchange(user), .. }) => {
            Ok((cookie::clear(&desk), Json(person::begin(&desk, &info, user, SignInMethod::Openid).await?)))
        }
        _ => Err(bad()),
    }
}
