//! Issuing an API token.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use domain::id::UserId;
use domain::scope::Scope;
use domain::text::{Lines, parse_text};
use domain::user::UserCommand;
use domain::user::token::ApiToken;
use infrastructure::token::ApiSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ShownToken;
use crate::api_tokens::{self, Kept};
use crate::auth::Signed;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};

/// For how many days a token is good unless the caller says otherwise.
const DAYS: i64 = 90;

/// An API token to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IssueToken {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100, example = "the monitoring")]
    name: String,
    /// What it is for.
    scopes: Vec<Scope>,
    /// When it ends: within 366 days, after 90 days without it.
    expires_at: Option<DateTime<Utc>>,
    /// How many requests it may make in a window; as many as all of its owner's tokens together without it.
    #[schema(minimum = 1)]
    max_requests: Option<u32>,
    /// The service account it is for; for administrators. One's own account without it.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
}

/// A new API token.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedToken {
    /// The token.
    token: ShownToken,
    /// What the program shows, as `Authorization: Bearer hd_…`. Nobody is shown it again.
    #[schema(example = "hd_Q2hhbmdlIG1lLCBJIGFtIG9ubHkgYW4gZXhhbXBsZSwgcGxl")]
    secret: String,
}

/// Issue an API token
///
/// For oneself; administrators also issue those of service accounts. A token never allows more than its owner may do.
/// Only administrators give the scopes `events:read`, `audit:read`, `users:read`, `users:write`, `impersonate`, `admin`
/// and `internal`; in the hands of a service account the first two, `impersonate` and `internal` count whatever its role.
/// The secret is shown in this answer and never again.
#[utoipa::path(
    post, path = "/auth/tokens", operation_id = "issue_api_token", tag = "auth",
    responses((status = 201, description = "The token and its secret.", body = IssuedToken),
              Accepted, Guarded, Forbidden, Missing, Stale, CheckedBody),
    security(("bearerAuth" = [])),
)]
pub(super) async fn issue(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Json(body): Json<IssueToken>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let name = errors.check("name", parse_text(&body.name, 1, 100, Lines::One));
    let Some(name) = name else { return Err(errors.into()) };
    let owner = body.user_id.unwrap_or(signed.user);
    let account = desk.commands.load_user(owner).await?;
    if owner != signed.user && !signed.caller.is_admin() {
        return Err(Problem::forbidden("only administrators issue API tokens for other accounts"));
    }
    if !account.state.exists() {
        return Err(Problem::not_found("there is no such user"));
    }
    if account.state.is_erased() {
        return Err(Problem::conflict("PERSON_ERASED", "this person was erased"));
    }
    let expires_at = body.expires_at.unwrap_or(request.at + TimeDelta::days(DAYS)).trunc_subsecs(6);
    let token =
        ApiToken { id: Uuid::now_v7(), scopes: body.scopes, expires_at, max_requests: body.max_requests };
    let secret = ApiSecret::generate();
    api_tokens::keep(&desk, owner, token.id, secret.hash(), &name).await?;
    let done = desk.commands.user(&request, owner, UserCommand::IssueToken(token.clone())).await;
    if let Err(refused @ (application::Error::Refused(_) | application::Error::Stale { .. })) = done {
        api_tokens::discard(desk.pool(), token.id).await?;
        return Err(refused.into());
    }
    let settled = desk.settled(done?).await?;
    let kept = Kept { id: token.id, name, created_at: request.at, last_used_at: None };
    let mut token = token;
    token.scopes.sort_unstable();
    token.scopes.dedup();
    let token = ShownToken::of(owner, &token, kept);
    Ok((StatusCode::CREATED, settled, Json(IssuedToken { token, secret: secret.reveal() })))
}
