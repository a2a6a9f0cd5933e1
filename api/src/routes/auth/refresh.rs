//! Renewing a sign-in.

use axum::extract::State;
use chrono::Utc;
use infrastructure::token::RefreshToken;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{self, TokenPair};
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::declared::{CheckedBody, Guarded};
use crate::problem::{Answer, Problem};
use crate::sessions::{self, Shown};

/// What renews a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refresh {
    /// The refresh token that came last.
    refresh_token: String,
}

/// Renew a sign-in
///
/// Gives a new pair of tokens for a refresh token, which is then used up. Showing a used one again ends the
/// whole sign-in: somebody else has it.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "auth",
    responses((status = 200, description = "Renewed.", body = TokenPair), Guarded, CheckedBody),
)]
pub(super) async fn refresh(State(desk): State<Desk>, Json(body): Json<Refresh>) -> Answer<Json<TokenPair>> {
    let ended = || Problem::unauthenticated("the sign-in has ended; sign in again");
    let token = RefreshToken::parse(&body.refresh_token).map_err(|_| ended())?;
    let mut transaction = desk.pool().begin().await?;
    let access_ends = Utc::now() + desk.config.tokens.access;
    match sessions::show(&mut transaction, &token, access_ends).await? {
        Shown::Good { family, user } => {
            let role = tokens::role_of(&desk, user).await?.ok_or_else(ended)?;
            let user = tokens::shown(&desk, user).await?;
            let pair = tokens::issue(&desk, &mut transaction, family, user, role).await?;
            transaction.commit().await?;
            Ok(Json(pair))
        }
        Shown::Copied(denied) => {
            transaction.commit().await?;
            for jti in denied {
                desk.sessions.forget(jti);
            }
            tracing::warn!("A refresh token was used twice; its sign-in has ended");
            Err(ended())
        }
        Shown::Bad => Err(ended()),
    }
}
