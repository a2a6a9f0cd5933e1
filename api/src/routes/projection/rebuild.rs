//! Building a read model again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use infrastructure::projection::Refused;
use serde::Serialize;
use utoipa::ToSchema;

use super::Chosen;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::problem::declared::{Conflicting, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::rebuilds::Rebuilds;

/// A rebuild that has begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    /// Of which read model.
    #[schema(example = "ticket_list")]
    name: &'static str,
    /// Where to see how far it has come.
    #[schema(example = "/api/v1/projections/ticket_list")]
    location: String,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::Busy(_) => Self::conflict("REBUILD_RUNNING", message),
            Refused::NotAllowed(_) => Self::conflict("REBUILD_NOT_PERMITTED", message),
            Refused::Database(error) => error.into(),
        }
    }
}

/// Build a read model again
///
/// From the first event, beside the live one, which goes on answering until the new one takes its place. One at
/// a time for each read model (409 `REBUILD_RUNNING`); a service whose database role owns no tables cannot
/// (409 `REBUILD_NOT_PERMITTED`).
#[utoipa::path(
    post, path = "/projections/{name}/rebuild", operation_id = "rebuild_projection", tag = "ops",
    params(("name" = String, Path, description = "The read model.", example = "ticket_list")),
    responses(
        (status = 202, description = "It has begun.", body = Begun),
        Guarded, Forbidden, Missing, Conflicting,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn rebuild(
    State(desk): State<Desk>,
    _: Admin,
    Chosen(model): Chosen,
) -> Answer<impl IntoResponse> {
    Rebuilds::start(&desk, &model).await?;
    let location = format!("/api/v1/projections/{}", model.name());
    let begun = Begun { name: model.name(), location: location.clone() };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(begun)))
}
