//! Saying that a password is forgotten.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::otp::{ON_ITS_WAY, OnItsWay, address};
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Limited, Unguarded};
use crate::resets;

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forgot {
    /// The address of the account.
    #[schema(min_length = 3, max_length = 254, example = "ada@example.com")]
    email: String,
}

/// Say that a password is forgotten
///
/// If somebody who may sign in has this address, a token comes to it that is good once, for half an hour; one a minute
/// at most, and five an hour. The answer is the same for every address, and comes before anything is looked up.
#[utoipa::path(
    post, path = "/auth/password/forgot", operation_id = "forgot_password", tag = "auth",
    responses(
        (status = 202, description = "A mail is on its way, if there is reason for one.", body = OnItsWay),
        Unguarded, Limited, CheckedBody,
    ),
)]
pub(super) async fn forgot(
    State(desk): State<Desk>,
    Json(body): Json<Forgot>,
) -> Answer<(StatusCode, Json<OnItsWay>)> {
    let address = address(&body.email)?;
    desk.afterwards(resets::send(desk.clone(), address))?;
    Ok(ON_ITS_WAY)
}
