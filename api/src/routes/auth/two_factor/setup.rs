//! Beginning with a second factor: the secret for the app.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::activity::RequestInfo;
use crate::body::{Json, OptionalJson};
use crate::desk::Desk;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Limited};
use crate::required_factor::Entering;
use crate::routes::auth::reauthentication::Proof;
use crate::routes::auth::tokens;
use crate::second_factor;

/// What the authenticator app needs.
#[derive(Serialize, ToSchema)]
pub(super) struct TwoFactorSecret {
    /// The secret in base32, to be typed.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same as a link, to be shown as a QR code.
    #[schema(
        example = "otpauth://totp/Ledgerdesk:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ledgerdesk"
    )]
    otpauth_url: String,
}

/// Set up a second factor
///
/// Gives the secret for an authenticator app, this once. Nothing is asked for until `/auth/2fa/enable` has seen a code
/// of the app; until then another set-up replaces the secret. Whoever has a password shows it.
#[utoipa::path(
    post, path = "/auth/2fa/setup", operation_id = "set_up_two_factor", tag = "auth",
    request_body = Option<Proof>,
    responses(
        (status = 200, description = "The secret.", body = TwoFactorSecret),
        Guarded, Forbidden, CheckedBody, Limited,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn setup(
    State(desk): State<Desk>,
    Entering(signed): Entering,
    info: RequestInfo,
    OptionalJson(proof): OptionalJson<Proof>,
) -> Answer<Json<TwoFactorSecret>> {
    proof.check_password(&desk, &info, signed.user).await?;
    let name = tokens::shown(&desk, signed.user).await?.username;
    let secret = second_factor::set_up(&desk, signed.user).await?;
    Ok(Json(TwoFactorSecret { secret: secret.reveal(), otpauth_url: secret.url(&name) }))
}
