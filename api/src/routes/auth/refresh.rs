//! Renewing a sign-in.

use axum::extract::State;
use domain::activity::{ActivityEvent, Revocation};
use infrastructure::token::RefreshToken;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{self, TokenPair};
use crate::activity::RequestInfo;
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
/// Gives a new pair of tokens for a refresh token. An answer that was lost may be asked for again, and gives the same
/// refresh token with another access token; once one of the new tokens was used, the old one is used up. Showing it
/// after that ends the whole sign-in: somebody else has a copy. However often it is renewed, a sign-in ends 30 days
/// after it began (`JWT_REFRESH_EXPIRES_IN`).
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "auth",
    responses((status = 200, description = "Renewed.", body = TokenPair), Guarded, CheckedBody),
)]
pub(super) async fn refresh(
    State(desk): State<Desk>,
    info: RequestInfo,
    Json(body): Json<Refresh>,
) -> Answer<Json<TokenPair>> {
    let ended = || Problem::unauthenticated("the sign-in has ended; sign in again");
    let token = RefreshToken::parse(&body.refresh_token).map_err(|_| ended())?;
    match sessions::show(desk.pool(), &token).await? {
        Shown::Good { family, user, expires_at, successor } => {
            let role = tokens::role_of(&desk, user).await?.ok_or_else(ended)?;
            let user = tokens::shown(&desk, user).await?;
            let sign_in = (family, expires_at);
            let mut connection = desk.pool().acquire().await?;
            Ok(Json(tokens::issue(&desk, &mut connection, sign_in, (user, role), &successor).await?))
        }
        Shown::Copied { family: session, user, denied } => {
            for jti in denied {
                desk.sessions.forget(jti);
            }
            tracing::warn!("A refresh token was used twice; its sign-in has ended");
            let (address, device) = (info.address_of(user), info.device_of(user));
            let reused = ActivityEvent::TokenReused { user, session, address, device };
            let revoked = ActivityEvent::SessionRevoked { user, session, why: Revocation::TokenReused };
            desk.record_all(&info, vec![reused, revoked]).await?;
            Err(ended())
        }
        Shown::Bad => Err(ended()),
    }
}
