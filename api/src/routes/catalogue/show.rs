//! One entry.

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalogue::values::EntryKind;
use domain::id::EntryId;
use projections::catalogue::{ListedEntry, by_id};

use crate::auth::Signed;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{Guarded, Missing};
use crate::problem::{Answer, Problem};

/// Show one entry
#[utoipa::path(
    get, path = "/entries/{id}", operation_id = "show_entry", tag = "catalogues",
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 200, description = "The entry.", body = ListedEntry), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: Signed,
    Extension(kind): Extension<EntryKind>,
    Id(id): Id<EntryId>,
) -> Answer<impl IntoResponse> {
    shown(&desk, kind, id).await
}

/// The entry, with its version.
pub(super) async fn shown(desk: &Desk, kind: EntryKind, id: EntryId) -> Answer<(Version, Json<ListedEntry>)> {
    let nothing = || Problem::not_found(format!("there is no such {}", kind.as_str()));
    let entry = by_id(desk.pool(), kind, id).await?.ok_or_else(nothing)?;
    Ok((Version(entry.version), Json(entry)))
}
