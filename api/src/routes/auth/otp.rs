//! Proving an e-mail address with a code.

use axum::extract::State;
use axum::http::StatusCode;
use domain::setting::Registration;
use domain::user::values::EmailAddress;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::activity::RequestInfo;
use crate::body::Json;
use crate::codes;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::guesses::{Attempt, Guessed};
use crate::problem::declared::{CheckedBody, Limited, Unguarded};
use crate::problem::{Answer, Problem};

/// The address to be proven.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestOtp {
    /// The address.
    #[schema(min_length = 3, max_length = 254, example = "ada@example.com")]
    email: String,
}

/// That a mail is on its way, if there is reason for one.
#[derive(Serialize, ToSchema)]
pub(super) struct OnItsWay {
    /// What people read. The same whatever became of the request.
    #[schema(example = "If there is reason to, a mail is on its way")]
    message: &'static str,
}

/// The same to everybody.
pub(super) const ON_ITS_WAY: (StatusCode, Json<OnItsWay>) =
    (StatusCode::ACCEPTED, Json(OnItsWay { message: "If there is reason to, a mail is on its way" }));

/// The code that came by mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyOtp {
    /// The address it came to.
    #[schema(min_length = 3, max_length = 254, example = "ada@example.com")]
    email: String,
    /// The six digits.
    #[schema(example = "493817")]
    otp: String,
}

/// The proof that an address is the caller's.
#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    /// For `/auth/register`, with exactly this address, once.
    verification_token: String,
    /// For how many seconds it is good.
    #[schema(example = 1800)]
    expires_in: i64,
}

/// Ask for a code that proves an e-mail address
///
/// Six digits, good for ten minutes and five tries. An address gets one a minute at most, and five an hour; while
/// nobody may register, none. The answer is the same in every case. The newest code is the one that counts.
#[utoipa::path(
    post, path = "/auth/request-otp", operation_id = "request_otp", tag = "auth",
    responses(
        (status = 202, description = "A mail is on its way, if there is reason for one.", body = OnItsWay),
        Unguarded, Limited, CheckedBody,
    ),
)]
pub(super) async fn request_otp(
    State(desk): State<Desk>,
    Json(body): Json<RequestOtp>,
) -> Answer<(StatusCode, Json<OnItsWay>)> {
    let address = address(&body.email)?;
    if desk.settings().await?.registration() != Registration::Closed {
        codes::send(&desk, &address).await?;
    }
    Ok(ON_ITS_WAY)
}

/// Exchange a code for a token
///
/// A code is good for one exchange and five tries, however many come at once.
#[utoipa::path(
    post, path = "/auth/verify-otp", operation_id = "verify_otp", tag = "auth",
    responses(
        (status = 200, description = "The address is the caller's.", body = Verified),
        Unguarded, Limited, CheckedBody,
    ),
)]
pub(super) async fn verify_otp(
    State(desk): State<Desk>,
    info: RequestInfo,
    Json(body): Json<VerifyOtp>,
) -> Answer<Json<Verified>> {
    let address = address(&body.email)?;
    let attempt =
        Attempt { secret: Guessed::Code, name: address.as_str(), user: None, address: info.address };
    let guess = desk.guesses.admit(&attempt).await?;
    let Some(token) = codes::exchange(&desk, &address, body.otp.trim()).await? else {
        desk.guesses.failed(guess);
        let message = "the code is wrong, used, too old or was tried too often; ask for another";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "OTP_INVALID", message));
    };
    desk.guesses.succeeded(guess).await?;
    Ok(Json(Verified { verification_token: token.reveal(), expires_in: codes::TOKEN_GOOD_FOR_SECONDS }))
}

/// The address that somebody wrote.
pub(super) fn address(text: &str) -> Answer<EmailAddress> {
    let mut errors = ValidationErrors::default();
    errors.check("email", EmailAddress::parse(text)).ok_or_else(|| errors.into())
}
