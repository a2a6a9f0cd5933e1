//! Roles that need a second factor: whoever has none is signed in to set one up, and to nothing else.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::access::Role;
use domain::id::UserId;

use crate::auth::{Signed, let_in};
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// Whoever is signed in, even if all they may do is set up a second factor: for what that takes, and for leaving.
#[derive(Debug, Clone)]
pub(crate) struct Entering(pub(crate) Signed);

impl FromRequestParts<Desk> for Entering {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let_in(parts, desk).await.map(Self)
    }
}

/// `signed`, unless they have to set up a second factor first.
///
/// # Errors
/// 403 `TWO_FACTOR_REQUIRED`.
pub(crate) fn insist(signed: Signed) -> Answer<Signed> {
    if !signed.must_set_up {
        return Ok(signed);
    }
    let message = "your role needs a second factor: set one up by /auth/2fa/setup and /auth/2fa/enable first";
    Err(Problem::new(StatusCode::FORBIDDEN, "TWO_FACTOR_REQUIRED", message))
}

impl Desk {
    /// Whether people of `role` need a second factor, as it is set.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) async fn needs_second_factor(&self, role: Role) -> Answer<bool> {
        Ok(self.settings().await?.two_factor_required_for().contains(&role))
    }

    /// Whether `user`, who has `role`, has to set up a second factor before anything else.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) async fn must_set_up_two_factor(&self, user: UserId, role: Role) -> Answer<bool> {
        Ok(self.needs_second_factor(role).await?
            && !self.commands.load_user(user).await?.state.has_two_factor())
    }
}
