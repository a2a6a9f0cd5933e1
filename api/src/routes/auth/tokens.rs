//! The pair of tokens that a sign-in and every renewal of it give.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::id::UserId;
use infrastructure::token::RefreshToken;
use projections::user_directory::{DirectoryUser, by_id};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};
use crate::sessions;

/// What to show with every request, and what to renew it with.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenPair {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// For `/auth/refresh`, until the one that it gives was used.
    refresh_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(example = 604_800)]
    expires_in: u64,
    /// Whether all they may do is set up a second factor, which their role needs and they have not.
    must_set_up_two_factor: bool,
    /// Who signed in.
    user: DirectoryUser,
}

/// Issues an access token for `user` in the sign-in `family`, which ends at `ends` at the latest, and shows it with
/// the refresh token that renews it.
pub(super) async fn issue(
    desk: &Desk,
    connection: &mut PgConnection,
    (family, ends): (Uuid, DateTime<Utc>),
    (user, role): (DirectoryUser, Role),
    refresh: &RefreshToken,
) -> Answer<TokenPair> {
    let now = Utc::now();
    let life = (ends - now).to_std().unwrap_or_default().min(desk.config.tokens.access);
    let (access_token, claims) = desk.tokens.issue(user.id, role, now, life);
    let must_set_up_two_factor = desk.must_set_up_two_factor(user.id, role).await?;
    sessions::add_access(connection, family, refresh, claims.jti, claims.expires_at()).await?;
    Ok(TokenPair {
        access_token,
        refresh_token: refresh.reveal(),
        token_type: "bearer",
        expires_in: life.as_secs(),
        must_set_up_two_factor,
        user,
    })
}

/// The user as the directory shows them, which for a new one takes a moment.
pub(super) async fn shown(desk: &Desk, id: UserId) -> Answer<DirectoryUser> {
    let user = by_id(desk.pool(), id).await?;
    user.ok_or_else(|| Problem::unavailable("the read models do not show this account yet; try again"))
}

/// The role of an account that a person may sign in with, as of now.
pub(super) async fn role_of(desk: &Desk, id: UserId) -> Answer<Option<Role>> {
    let account = desk.commands.load_user(id).await?;
    Ok(account.state.role().filter(|_| account.state.may_sign_in()))
}
