//! The read models: how far they have come, and building them again.

mod rebuild;
mod show;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use infrastructure::projection::ReadModel;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(show::list))
        .routes(routes!(show::show))
        .routes(routes!(rebuild::rebuild))
}

/// The read model named in the path.
struct Chosen(ReadModel);

impl FromRequestParts<Desk> for Chosen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let models = projections::all();
        let names: Vec<&str> = models.iter().map(ReadModel::name).collect();
        let unknown = || Problem::not_found("there is no such read model").detail("names", names.clone());
        let params = RawPathParams::from_request_parts(parts, desk).await.map_err(|_| unknown())?;
        let name = params.iter().next().map(|(_, name)| name).ok_or_else(unknown)?;
        models.iter().find(|model| model.name() == name).cloned().map(Self).ok_or_else(unknown)
    }
}
