//! Signing in with an ID token that a page got from Google by itself.

use axum::extract::State;
use domain::activity::SignInMethod;
use domain::id::UserId;
use infrastructure::config::GOOGLE;
use infrastructure::oidc::Provider;
use serde::Deserialize;
use utoipa::ToSchema;

use super::person;
use crate::activity::RequestInfo;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Missing, Upstream};
use crate::routes::auth::tokens::TokenPair;

/// What Google gave.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GoogleToken {
    /// The ID token.
    id_token: String,
}

/// Sign in with Google
///
/// For pages that use Google's own button: it gives them an ID token for this desk's client. Whose it is is found out as
/// at `/auth/oidc/google/callback`.
#[utoipa::path(
    post, path = "/auth/google", operation_id = "sign_in_with_google", tag = "auth",
    responses(
        (status = 200, description = "Signed in.", body = TokenPair),
        Guarded, Forbidden, Missing, CheckedBody, Upstream,
    ),
)]
pub(super) async fn google(
    State(desk): State<Desk>,
    info: RequestInfo,
    Json(body): Json<GoogleToken>,
) -> Answer<Json<TokenPair>> {
    let provider = super::provider(&desk, GOOGLE)?;
    let user = match account(&desk, &provider, &body.id_token).await {
        Ok(user) => user,
        Err(problem) => {
            person::note(&desk, &info, SignInMethod::Google, &problem).await;
            return Err(problem);
        }
    };
    Ok(Json(person::begin(&desk, &info, user, SignInMethod::Google).await?))
}

async fn account(desk: &Desk, provider: &Provider, id_token: &str) -> Answer<UserId> {
    let whom = provider.person_of_token(id_token).await?;
    person::account(desk, provider, whom).await
}
