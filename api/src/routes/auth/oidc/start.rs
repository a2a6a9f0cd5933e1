//! Sending a browser to a provider.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use infrastructure::oidc::BrowserSecret;
use serde::Deserialize;
use utoipa::IntoParams;

use super::cookie;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::oidc_flows::{self, FLOW, Flow, Purpose};
use crate::problem::declared::{Checked, Missing, Upstream};
use crate::problem::{Answer, Problem};
use crate::query::Query;
use crate::return_path::ReturnPath;

/// Where the browser goes on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Start {
    /// A path on this site where the browser goes on, with a code for `/auth/oidc/exchange`; without it the callback
    /// itself answers with the tokens.
    #[param(max_length = 512, example = "/tickets")]
    return_to: Option<String>,
}

/// Begin to sign in at a provider
///
/// For browsers: sends them to the provider, with a cookie by which only they can come back. Good for ten minutes and
/// for one return.
#[utoipa::path(
    get, path = "/auth/oidc/{provider}/start", operation_id = "start_oidc_sign_in", tag = "auth",
    params(("provider" = String, Path, description = "The provider's name.", example = "google"), Start),
    responses((status = 303, description = "To the provider."), Missing, Checked, Upstream),
)]
pub(super) async fn start(
    State(desk): State<Desk>,
    Id(name): Id<String>,
    Query(query): Query<Start>,
) -> Answer<impl IntoResponse> {
    let provider = super::provider(&desk, &name)?;
    let return_to = return_path(query.return_to.as_deref())?;
    let (secret, url) = begin(&desk, &provider, Flow { purpose: Purpose::SignIn, return_to }).await?;
    Ok((StatusCode::SEE_OTHER, cookie::set(&desk, &secret), [(LOCATION, url)]))
}

/// Reads `return_to`.
pub(super) fn return_path(text: Option<&str>) -> Answer<Option<ReturnPath>> {
    let mut errors = ValidationErrors::default();
    let path = text.and_then(|text| errors.check("return_to", ReturnPath::parse(text)));
    errors.finish()?;
    Ok(path)
}

/// Begins `flow` in a browser that has no secret yet: its secret, and the provider's page.
pub(super) async fn begin(
    desk: &Desk,
    provider: &infrastructure::oidc::Provider,
    flow: Flow,
) -> Answer<(BrowserSecret, String)> {
    let secret = BrowserSecret::generate();
    let url = provider.authorization_url(&secret).await.map_err(Problem::from)?;
    oidc_flows::begin(desk.pool(), &secret, provider.name(), &flow, FLOW).await?;
    Ok((secret, url.into()))
}
