//! Taking an entry out of its catalogue.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::catalogue::values::EntryKind;
use domain::id::EntryId;
use projections::catalogue::references;

use super::show::shown;
use crate::auth::Admin;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Conflicting, Forbidden, Guarded, Missing, Stale};

/// Remove one entry
///
/// Only what nothing refers to: otherwise 409 says what does, and `"active": false` is the way. The code is free again.
#[utoipa::path(
    delete, path = "/entries/{id}", operation_id = "remove_entry", tag = "catalogues",
    params(("id" = Uuid, Path, description = "Which.")),
    responses(
        (status = 204, description = "The entry is removed."),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn remove(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Extension(kind): Extension<EntryKind>,
    Id(id): Id<EntryId>,
) -> Answer<impl IntoResponse> {
    let (_, entry) = shown(&desk, kind, id).await?;
    let references = references(desk.pool(), kind, id, &entry.0.code).await?;
    let done = desk.commands.remove_entry(&request, kind, id, &references).await?;
    desk.look_at_departments_again();
    let settled = desk.settled(done).await?;
    Ok((StatusCode::NO_CONTENT, settled, ()))
}
