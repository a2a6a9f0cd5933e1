//! Signing in and out.

mod change;
mod forgot;
mod login;
mod logout;
mod me;
mod oidc;
mod otp;
mod reauthentication;
mod refresh;
mod register;
mod reset;
mod sessions;
mod sign_in;
mod tokens;
mod two_factor;

use axum::routing::{get, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .route("/auth/token", post(login::login))
        .routes(routes!(refresh::refresh))
        .route("/auth/token/refresh", post(refresh::refresh))
        .routes(routes!(otp::request_otp))
        .routes(routes!(otp::verify_otp))
        .routes(routes!(register::register))
        .routes(routes!(forgot::forgot))
        .routes(routes!(reset::reset))
        .routes(routes!(change::change))
        .routes(routes!(logout::logout))
        .routes(routes!(me::me, me::edit))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .route("/me", get(me::me).patch(me::edit))
        .merge(two_factor::routes())
        .merge(oidc::routes())
}
