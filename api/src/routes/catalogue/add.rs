//! Adding an entry.

use application::NewEntry;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::catalogue::values::{Code, EntryKind, parse_name};
use domain::id::EntryId;
use projections::catalogue::ListedEntry;
use uuid::Uuid;

use super::sent::SentEntry;
use super::show::shown;
use crate::auth::Admin;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded};

/// Add one entry
///
/// Codes are unique within the catalogue, in whatever case they are written.
#[utoipa::path(
    post, path = "/entries", operation_id = "add_entry", tag = "catalogues", request_body = SentEntry,
    responses(
        (
            status = 201, description = "The entry.", body = ListedEntry,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn add(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Extension(kind): Extension<EntryKind>,
    Json(sent): Json<SentEntry>,
) -> Answer<impl IntoResponse> {
    let new = checked(kind, sent)?;
    let (id, done) = desk.commands.add_entry(&request, new).await?;
    let settled = desk.settled(done).await?;
    let location = [(LOCATION, format!("/api/v1/{}/{id}", kind.plural()))];
    Ok((StatusCode::CREATED, location, settled, shown(&desk, kind, id).await?))
}

fn checked(kind: EntryKind, mut sent: SentEntry) -> Answer<NewEntry> {
    let mut errors = ValidationErrors::default();
    let details = sent.details(&mut errors);
    let mut needed = |field: &'static str, text: Option<String>| {
        if text.is_none() {
            errors.add(field, "required", "is missing");
        }
        text
    };
    let (code, name) = (needed("code", sent.code), needed("name", sent.name));
    let code = code.and_then(|code| errors.check("code", code.parse::<Code>()));
    let name = name.and_then(|name| errors.check("name", parse_name(&name)));
    if sent.active == Some(false) {
        errors.add("active", "invalid", "must be true: an entry is added to be chosen");
    }
    let (Some(code), Some(name)) = (code, name) else { return Err(errors.into()) };
    errors.finish()?;
    Ok(NewEntry { id: EntryId(Uuid::now_v7()), kind, code, name, details })
}
