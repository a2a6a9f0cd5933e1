//! The providers there are.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::Guarded;

/// The OpenID Connect providers.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfProviders {
    /// By name.
    providers: Vec<ListedProvider>,
}

/// A provider that people may sign in with.
#[derive(Serialize, ToSchema)]
pub(super) struct ListedProvider {
    /// Its name.
    #[schema(example = "google")]
    name: String,
    /// Where a browser goes to sign in.
    #[schema(example = "/api/v1/auth/oidc/google/start")]
    start: String,
    /// Whether the caller's account is linked to an identity there; none if nobody is signed in.
    is_linked: Option<bool>,
}

/// List the OpenID Connect providers
///
/// For the page where people sign in; whoever is signed in also sees where they are linked.
#[utoipa::path(
    get, path = "/auth/oidc", operation_id = "list_oidc_providers", tag = "auth",
    responses((status = 200, description = "The providers.", body = ListOfProviders), Guarded),
    security((), ("bearerAuth" = []), ("apiToken" = [])),
)]
pub(super) async fn list(State(desk): State<Desk>, signed: Option<Signed>) -> Answer<Json<ListOfProviders>> {
    let account = match signed {
        Some(signed) => Some(desk.commands.load_user(signed.user).await?),
        None => None,
    };
    let listed = desk.providers.names().map(|name| ListedProvider {
        start: format!("/api/v1/auth/oidc/{name}/start"),
        is_linked: account.as_ref().map(|account| account.state.providers().iter().any(|at| at == name)),
        name: name.to_owned(),
    });
    Ok(Json(ListOfProviders { providers: listed.collect() }))
}
