//! API tokens: what a program shows instead of signing in.

mod issue;
mod list;
mod revoke;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use domain::scope::Scope;
use domain::user::token::ApiToken;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api_tokens::Kept;
use crate::desk::Desk;

/// An API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShownToken {
    /// Its identity.
    id: Uuid,
    /// Whose it is.
    user_id: UserId,
    /// What its owner calls it.
    #[schema(example = "the monitoring")]
    name: String,
    /// What it is for.
    scopes: Vec<Scope>,
    /// When it ends.
    expires_at: DateTime<Utc>,
    /// How many requests it may make in a window, if fewer than its owner's tokens may together.
    max_requests: Option<u32>,
    /// When it was issued.
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
}

impl ShownToken {
    fn of(owner: UserId, token: &ApiToken, kept: Kept) -> Self {
        Self {
            id: token.id,
            user_id: owner,
            name: kept.name,
            scopes: token.scopes.clone(),
            expires_at: token.expires_at,
            max_requests: token.max_requests,
            created_at: kept.created_at,
            last_used_at: kept.last_used_at,
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list::list, issue::issue)).routes(routes!(revoke::revoke))
}
