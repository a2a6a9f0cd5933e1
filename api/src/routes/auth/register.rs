//! Giving oneself an account.

use application::ledger::ClaimKind;
use application::{Done, Error, NewUser, Request};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::Utc;
use domain::access::{Caller, Role};
use domain::id::UserId;
use domain::setting::Registration;
use domain::user::values::{EmailAddress, Username};
use infrastructure::password::check_strength;
use projections::user_directory::DirectoryUser;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::tokens;
use crate::body::Json;
use crate::codes::{self, Proof};
use crate::context::Version;
use crate::credentials;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Limited, Unguarded};
use crate::problem::{Answer, Problem};

/// An account for oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    /// The name to sign in with: letters, digits, `.`, `-` or `_`.
    #[schema(min_length = 2, max_length = 64, example = "ada")]
    username: String,
    /// A password that nobody would guess.
    #[schema(min_length = 8, max_length = 256, example = "correct horse battery")]
    password: String,
    /// An address that was proven. Without one (only where registration is `open`) a forgotten password cannot be
    /// replaced.
    #[schema(min_length = 3, max_length = 254, example = "ada@example.com")]
    email: Option<String>,
    /// What proves the address, from `/auth/verify-otp`.
    verification_token: Option<String>,
}

/// What was asked for, read.
struct Registering {
    username: Username,
    password: String,
    /// The address, and what proves it.
    proven: Option<(EmailAddress, String)>,
}

/// Register
///
/// Where the setting `registration` is `otp`, with a proven address; where it is `open`, without an address, too; where it
/// is `closed`, not at all. The account's role is `user`. The name of somebody else is refused, since it can be seen on
/// the desk anyway; a token is good for five names.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register", tag = "auth",
    responses(
        (status = 201, description = "The account.", body = DirectoryUser),
        Accepted, Unguarded, Forbidden, Limited, CheckedBody,
    ),
)]
pub(super) async fn register(
    State(desk): State<Desk>,
    Extension(exchange): Extension<Exchange>,
    Json(body): Json<Register>,
) -> Answer<impl IntoResponse> {
    let mode = desk.settings().await?.registration();
    if mode == Registration::Closed {
        let message = "nobody may register here; ask an administrator for an account";
        return Err(Problem::new(StatusCode::FORBIDDEN, "REGISTRATION_CLOSED", message));
    }
    let registering = checked(body, mode)?;
    // Before the token is taken, so that it is not because too many passwords are being hashed.
    let hash = desk.passwords.hash(&registering.password).await?;
    let id = UserId(Uuid::now_v7());
    let (email, proof) = match registering.proven {
        Some((email, token)) => {
            let proof = codes::take(&desk, &token, &email).await?.ok_or_else(unproven)?;
            (email, Some(proof))
        }
        None => (EmailAddress::nowhere(id), None),
    };
    let new =
        NewUser { id, username: registering.username, email, role: Role::User, departments: Vec::new() };
    let done = create(&desk, &exchange, new, &hash, proof).await?;
    let settled = desk.settled(done).await?;
    let user = tokens::shown(&desk, id).await?;
    Ok((StatusCode::CREATED, Version(user.version), settled, Json(user)))
}

/// Makes the account, with its password from the first moment on.
async fn create(
    desk: &Desk,
    exchange: &Exchange,
    new: NewUser,
    hash: &str,
    proof: Option<Proof>,
) -> Answer<Done> {
    let id = new.id;
    credentials::set_first(desk.pool(), id, hash).await?;
    let request = Request {
        correlation_id: exchange.request_id(),
        ..Request::once(Caller::System("registration"), Utc::now(), "api", Uuid::now_v7())
    };
    match desk.commands.create_user(&request, new).await {
        Ok((_, done)) => Ok(done),
        // Whether there is an account is unknown: it keeps its password.
        Err(error @ Error::Unavailable(_)) => Err(error.into()),
        Err(error) => {
            credentials::forget(desk.pool(), id).await?;
            if let (Error::Taken(ClaimKind::Username), Some(proof)) = (&error, proof) {
                codes::give_back(desk, proof).await?;
            }
            Err(error.into())
        }
    }
}

fn unproven() -> Problem {
    let mut errors = ValidationErrors::default();
    let message = "is not good for this address, used, or too old; prove the address again";
    errors.add("verification_token", "invalid", message);
    errors.into()
}

fn checked(body: Register, mode: Registration) -> Answer<Registering> {
    let mut errors = ValidationErrors::default();
    let username = errors.check("username", Username::parse(&body.username));
    let email = body.email.as_deref().map(|email| errors.check("email", EmailAddress::parse(email)));
    let address = body.email.as_deref().unwrap_or_default();
    let context = [body.username.as_str(), address, address.split('@').next().unwrap_or_default()];
    errors.check("password", check_strength(&body.password, &context));
    if email.is_none() && mode == Registration::Otp {
        errors.add("email", "required", "is missing; registering takes an address that was proven");
    }
    match (&email, &body.verification_token) {
        (Some(_), None) => {
            errors.add(
                "verification_token",
                "required",
                "is missing; /auth/request-otp begins to prove the address",
            );
        }
        (None, Some(_)) => errors.add("verification_token", "invalid", "proves nothing without email"),
        _ => {}
    }
    let proven = email.flatten().zip(body.verification_token);
    let Some(username) = username else { return Err(errors.into()) };
    errors.finish()?;
    Ok(Registering { username, password: body.password, proven })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(email: Option<&str>, token: Option<&str>, mode: Registration) -> bool {
        let body = Register {
            username: "ada".to_owned(),
            password: "correct horse battery".to_owned(),
            email: email.map(str::to_owned),
            verification_token: token.map(str::to_owned),
        };
        checked(body, mode).is_err()
    }

    #[test]
    fn an_address_needs_its_proof_and_only_an_open_desk_does_without_one() {
        let (email, token) = (Some("ada@example.com"), Some("token"));
        for mode in [Registration::Otp, Registration::Open] {
            assert!(!wrong(email, token, mode), "{mode:?}");
            assert!(wrong(email, None, mode), "{mode:?}");
            assert!(wrong(None, token, mode), "{mode:?}");
            assert!(wrong(Some("ada"), token, mode), "{mode:?}");
        }
        assert!(wrong(None, None, Registration::Otp));
        assert!(!wrong(None, None, Registration::Open));
    }
}
