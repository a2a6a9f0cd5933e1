//! The second factor: its owner sets it up, and takes it away.

mod codes;
mod disable;
mod enable;
mod setup;
mod show;

use domain::activity::Revocation;
use infrastructure::two_factor::RecoveryCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::sessions;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(setup::setup))
        .routes(routes!(enable::enable))
        .routes(routes!(disable::disable))
        .routes(routes!(codes::renew))
}

/// Recovery codes, which are shown this once.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Ten codes; each is good once instead of the app's.
    #[schema(example = json!(["7k2m-9qxa-04vd-trw8"]))]
    recovery_codes: Vec<String>,
}

impl From<Vec<RecoveryCode>> for RecoveryCodes {
    fn from(codes: Vec<RecoveryCode>) -> Self {
        Self { recovery_codes: codes.iter().map(RecoveryCode::reveal).collect() }
    }
}

/// Ends every sign-in of theirs but this one: whoever had the password alone is out.
async fn end_others(desk: &Desk, info: &RequestInfo, signed: &Signed) -> Answer<()> {
    let current = sessions::of_token(desk.pool(), signed.jti).await?;
    desk.end_sessions(info, signed.user, current, Revocation::SecondFactorChanged).await?;
    desk.sessions.forget(signed.jti);
    Ok(())
}
