//! Everything stored about a person, as a document.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::activity::{ActivityEvent, ExportedData};
use domain::id::UserId;
use futures::TryStreamExt as _;

use crate::activity::RequestInfo;
use crate::auth::Signed;
use crate::desk::Desk;
use crate::export::{Extent, PersonalData, stream};
use crate::id::Id;
use crate::problem::declared::{GoneForGood, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// Export everything about a person
///
/// For the person, and for administrators, who get internal notes as well. From the log, event by event, each with
/// its position, by which it can be proved to be in the log. A document that ends before its closing brace was cut
/// off.
#[utoipa::path(
    get, path = "/users/{id}/export", operation_id = "export_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user.")),
    responses(
        (status = 200, description = "Everything about them, as an attachment.", body = PersonalData),
        Guarded, Missing, GoneForGood,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn export(
    State(desk): State<Desk>,
    signed: Signed,
    info: RequestInfo,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse> {
    let account = desk.commands.load_user(id).await?;
    let is_admin = signed.caller.is_admin();
    if !account.state.exists() || (id != signed.user && !is_admin) {
        return Err(Problem::not_found("there is no such user"));
    }
    if account.state.is_erased() {
        return Err(Problem::gone("PERSON_ERASED", "this person was erased; nothing about them can be read"));
    }
    let exported = ActivityEvent::Exported { what: ExportedData::PersonalData, about: Some(id) };
    desk.record(&info, exported).await?;
    let extent = if is_admin { Extent::Everything } else { Extent::Public };
    let parts = stream(std::sync::Arc::clone(&desk.log), desk.pool().clone(), id, extent);
    let body = Body::from_stream(parts.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "An export was cut off");
        std::io::Error::other("the export was cut off")
    }));
    let attachment = format!("attachment; filename=\"ledgerdesk-{id}.json\"");
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, attachment)], body))
}
