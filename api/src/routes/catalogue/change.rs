//! Changing an entry.

use application::EntryChanges;
use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalogue::values::{EntryKind, parse_name};
use domain::id::EntryId;
use projections::catalogue::ListedEntry;

use super::sent::SentEntry;
use super::show::shown;
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing, Stale};

/// Change one entry
///
/// What is given changes; `"active": false` keeps it from being chosen and leaves what refers to it as it is.
#[utoipa::path(
    patch, path = "/entries/{id}", operation_id = "change_entry", tag = "catalogues", request_body = SentEntry,
    params(("id" = Uuid, Path, description = "Which.")),
    responses(
        (status = 200, description = "The entry.", body = ListedEntry),
        Accepted, Guarded, Forbidden, Missing, Stale, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn change(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Extension(kind): Extension<EntryKind>,
    Id(id): Id<EntryId>,
    Json(sent): Json<SentEntry>,
) -> Answer<impl IntoResponse> {
    let changes = checked(sent)?;
    let done = desk.commands.change_entry(&request, kind, id, changes).await?;
    desk.look_at_departments_again();
    let settled = desk.settled(done).await?;
    Ok((settled, shown(&desk, kind, id).await?))
}

fn checked(mut sent: SentEntry) -> Answer<EntryChanges> {
    let mut errors = ValidationErrors::default();
    let details = sent.details(&mut errors);
    let name = sent.name.and_then(|name| errors.check("name", parse_name(&name)));
    if sent.code.is_some() {
        errors.add("code", "invalid", "must be left out: a code is for good");
    }
    errors.finish()?;
    Ok(EntryChanges { name, is_active: sent.active, details })
}
