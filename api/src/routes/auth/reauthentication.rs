//! Showing once more who one is, before what a stolen session must not do.

use axum::http::StatusCode;
use domain::id::UserId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens;
use crate::activity::RequestInfo;
use crate::credentials::{self, Checked};
use crate::desk::Desk;
use crate::guesses::{Attempt, Guessed};
use crate::problem::{Answer, Problem};
use crate::second_factor;

/// The password, and a code of the second factor: each if the account has it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    /// The password.
    #[schema(example = "correct horse battery")]
    pub(crate) password: Option<String>,
    /// The code that the authenticator app shows, or a recovery code.
    #[schema(example = "492039")]
    pub(crate) totp: Option<String>,
}

impl Proof {
    /// Checks the password and, if the account has a second factor, a code, which is used up.
    ///
    /// # Errors
    /// 403 with what is missing or wrong, 429 after too many wrong ones; 409 if the account has neither.
    pub(crate) async fn check(&self, desk: &Desk, info: &RequestInfo, user: UserId) -> Answer<()> {
        let has_password = self.check_password(desk, info, user).await?;
        let has_two_factor = desk.commands.load_user(user).await?.state.has_two_factor();
        if has_two_factor {
            let Some(code) = &self.totp else { return Err(failed("TOTP_REQUIRED", "totp: is missing")) };
            if second_factor::accept(desk, info, user, code).await?.is_none() {
                return Err(failed("TOTP_INVALID", "totp: is not a good code, or was used before"));
            }
        }
        if has_password || has_two_factor {
            return Ok(());
        }
        let message = "the account has no password to show; set one first, by /auth/password/forgot";
        Err(Problem::conflict("NO_PASSWORD", message))
    }

    /// Checks the password; false if the account has none.
    ///
    /// # Errors
    /// 403 if it is missing or wrong; 429 after too many wrong ones.
    pub(crate) async fn check_password(&self, desk: &Desk, info: &RequestInfo, user: UserId) -> Answer<bool> {
        if credentials::hash_of(desk.pool(), user).await?.is_none() {
            return Ok(false);
        }
        let Some(password) = &self.password else {
            return Err(failed("PASSWORD_REQUIRED", "password: is missing"));
        };
        let name = tokens::shown(desk, user).await?.username;
        let attempt =
            Attempt { secret: Guessed::Password, name: &name, user: Some(user), address: info.address };
        match credentials::check(desk, &attempt, password).await? {
            Checked::Right(..) => Ok(true),
            Checked::Wrong | Checked::Inactive | Checked::Hopeless => {
                Err(failed("PASSWORD_INVALID", "password: is wrong"))
            }
        }
    }
}

fn failed(code: &'static str, message: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "REAUTHENTICATION_FAILED", message).detail("code", code)
}
