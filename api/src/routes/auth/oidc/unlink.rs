//! Removing the link to an identity at a provider.

use axum::extract::State;
use axum::http::StatusCode;

use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded, Limited};
use crate::routes::auth::reauthentication::Proof;

/// Remove the link to an identity at a provider
///
/// With the password, and a code if the account has a second factor; so nobody is left without a way in. That
/// identity signs in to this account no more, and may be linked to another.
#[utoipa::path(
    post, path = "/auth/oidc/{provider}/unlink", operation_id = "unlink_identity", tag = "auth",
    params(("provider" = String, Path, description = "The provider's name.", example = "google")),
    responses((status = 204, description = "Not linked."), Guarded, Forbidden, CheckedBody, Limited),
    security(("bearerAuth" = [])),
)]
pub(super) async fn unlink(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Id(name): Id<String>,
    Json(proof): Json<Proof>,
) -> Answer<StatusCode> {
    proof.check(&desk, &info, signed.user).await?;
    desk.commands.unlink_identity(&info.request(), signed.user, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
