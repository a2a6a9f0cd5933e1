//! Linking one's account to an identity at a provider.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{cookie, start};
use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::oidc_flows::{Flow, Purpose};
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Limited, Missing, Upstream};
use crate::routes::auth::reauthentication::Proof;

/// Who one is here, before one says who one is there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkIdentity {
    /// The password.
    #[schema(example = "correct horse battery")]
    password: Option<String>,
    /// The code that the authenticator app shows, or a recovery code.
    #[schema(example = "492039")]
    totp: Option<String>,
    /// A path on this site where the browser goes on, with `?linked=` or `?error=`.
    #[schema(max_length = 512, example = "/account")]
    return_to: Option<String>,
}

/// Where to go.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkBegun {
    /// The provider's page, for the same browser.
    #[schema(
        example = "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=desk&state=x"
    )]
    authorization_url: String,
}

/// Link the account to an identity at a provider
///
/// With the password, and a code if the account has a second factor. The answer sets a cookie; the browser then goes to
/// the page it names, signs in there and comes back, and from then on that identity signs in to this account. An
/// account is never linked by its e-mail address.
#[utoipa::path(
    post, path = "/auth/oidc/{provider}/link", operation_id = "link_identity", tag = "auth",
    params(("provider" = String, Path, description = "The provider's name.", example = "google")),
    responses(
        (status = 200, description = "Where to go.", body = LinkBegun),
        Guarded, Forbidden, Missing, CheckedBody, Limited, Upstream,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn link(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Id(name): Id<String>,
    Json(body): Json<LinkIdentity>,
) -> Answer<impl IntoResponse> {
    let provider = super::provider(&desk, &name)?;
    let return_to = start::return_path(body.return_to.as_deref())?;
    let proof = Proof { password: body.password, totp: body.totp };
    proof.check(&desk, &info, signed.user).await?;
    let flow = Flow { purpose: Purpose::Link(signed.user), return_to };
    let (secret, authorization_url) = start::begin(&desk, &provider, flow).await?;
    Ok((cookie::set(&desk, &secret), Json(LinkBegun { authorization_url })))
}
