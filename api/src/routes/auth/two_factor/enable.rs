//! Asking for the second factor from now on.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{RecoveryCodes, end_others};
use crate::activity::RequestInfo;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Guarded, Limited};
use crate::required_factor::Entering;
use crate::second_factor;

/// That the app has the secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableTwoFactor {
    /// The code that the authenticator app shows.
    #[schema(example = "492039")]
    code: String,
}

/// Enable the second factor
///
/// From now on signing in with the password takes a code, too. Gives ten recovery codes, this once, and ends the
/// caller's other sign-ins.
#[utoipa::path(
    post, path = "/auth/2fa/enable", operation_id = "enable_two_factor", tag = "auth",
    responses(
        (status = 200, description = "Enabled; the recovery codes.", body = RecoveryCodes),
        Guarded, CheckedBody, Limited,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn enable(
    State(desk): State<Desk>,
    Entering(signed): Entering,
    info: RequestInfo,
    Json(body): Json<EnableTwoFactor>,
) -> Answer<Json<RecoveryCodes>> {
    let codes = second_factor::enable(&desk, &info, signed.user, body.code.trim()).await?;
    end_others(&desk, &info, &signed).await?;
    Ok(Json(codes.into()))
}
