//! The API tokens of an account.

use axum::extract::State;
use chrono::Utc;
use domain::id::UserId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ShownToken;
use crate::api_tokens;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// Whose.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The account; one's own without it. For administrators.
    #[param(value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
}

/// API tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfTokens {
    /// Those that are good, newest first.
    tokens: Vec<ShownToken>,
    /// How many there are.
    #[schema(example = 1)]
    total_count: usize,
}

/// List API tokens
///
/// Of one's own account; administrators also see those of others. Secrets are shown when a token is issued, and never
/// again.
#[utoipa::path(
    get, path = "/auth/tokens", operation_id = "list_api_tokens", tag = "auth", params(Whose),
    responses((status = 200, description = "The tokens that are good.", body = ListOfTokens),
              Guarded, Forbidden, Missing, Checked),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Query(whose): Query<Whose>,
) -> Answer<Json<ListOfTokens>> {
    let owner = whose.user_id.unwrap_or(signed.user);
    if owner != signed.user && !signed.caller.is_admin() {
        return Err(Problem::forbidden("only administrators see the API tokens of others"));
    }
    let account = desk.commands.load_user(owner).await?;
    if !account.state.exists() {
        return Err(Problem::not_found("there is no such user"));
    }
    let now = Utc::now();
    let kept = api_tokens::of(desk.pool(), desk.log.keys(), owner).await?.into_iter();
    let tokens: Vec<ShownToken> = kept
        .filter_map(|kept| {
            let token = account.state.tokens(now).find(|token| token.id == kept.id)?;
            Some(ShownToken::of(owner, token, kept))
        })
        .collect();
    Ok(Json(ListOfTokens { total_count: tokens.len(), tokens }))
}
