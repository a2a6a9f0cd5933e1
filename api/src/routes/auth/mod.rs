//! Signing in and out.

mod login;
mod logout;
mod me;
mod refresh;
mod tokens;

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
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
        .route("/me", get(me::me))
}
