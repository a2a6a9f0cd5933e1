//! New recovery codes.

use axum::extract::State;
use domain::user::UserError;

use super::RecoveryCodes;
use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Limited};
use crate::routes::auth::reauthentication::Proof;
use crate::second_factor;

/// Make new recovery codes
///
/// With the password and a code. Gives ten, this once; earlier ones are good no more.
#[utoipa::path(
    post, path = "/auth/2fa/recovery-codes", operation_id = "make_recovery_codes", tag = "auth",
    responses(
        (status = 200, description = "The codes.", body = RecoveryCodes),
        Guarded, Forbidden, CheckedBody, Limited,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn renew(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Json(proof): Json<Proof>,
) -> Answer<Json<RecoveryCodes>> {
    if !desk.commands.load_user(signed.user).await?.state.has_two_factor() {
        return Err(application::Error::refused(UserError::NoTwoFactor).into());
    }
    proof.check(&desk, &info, signed.user).await?;
    let codes = second_factor::renew_codes(&desk, &info, signed.user).await?;
    Ok(Json(codes.into()))
}
