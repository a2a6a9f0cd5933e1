//! Uploading a file.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::attachment::Uploaded;
use domain::id::{AttachmentId, TicketId, UserId};
use projections::ticket_page::{TicketRef, reads_internal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::form::{FileForm, Form};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Guarded};
use crate::problem::{Answer, Problem};
use crate::query::Query;
use crate::routes::ticket::{Acted, OfTicket, Part, or_missed, seen};

/// A file that was uploaded.
#[derive(Serialize, ToSchema)]
pub(super) struct UploadedFile {
    /// Its identity, for `attachment_ids`.
    id: AttachmentId,
    /// The ticket that it is on; only of one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: Option<String>,
    /// What it is called from now on.
    #[schema(example = "screenshot.png")]
    name: String,
    /// How many bytes it has.
    #[schema(example = 48_213)]
    size: i64,
    /// Its media type, by its content.
    #[schema(example = "image/png")]
    mime: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    sha256: String,
}

impl UploadedFile {
    pub(super) fn of(file: Uploaded, ticket: Option<TicketId>) -> Self {
        let Uploaded { id, name, size, mime, sha256, .. } = file;
        Self { id, ticket_id: ticket.map(|ticket| ticket.to_string()), name, size, mime, sha256 }
    }
}

/// For whom a file is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ForWhom {
    /// Whether only staff may see it; staff only.
    #[serde(default)]
    is_internal: bool,
}

/// Upload a file
///
/// To be used within 24 hours, by `attachment_ids` of a message or of a ticket that is filed; until then only whoever
/// uploaded it sees it, and after that it is removed. Its name is cleaned: without folders, and at most 255 bytes. Uploads
/// take no `Idempotency-Key`.
#[utoipa::path(
    post, path = "/attachments", operation_id = "upload_attachment", tag = "tickets",
    request_body(content = inline(FileForm), content_type = "multipart/form-data"),
    responses((status = 201, description = "The file.", body = UploadedFile), Guarded, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn upload(
    State(desk): State<Desk>,
    Asked(request): Asked,
    form: Form,
) -> Answer<impl IntoResponse> {
    let uploader = request.by.person().unwrap_or_default();
    let file = form.stored(&desk, uploader, None).await?;
    Ok((StatusCode::CREATED, Json(UploadedFile::of(file, None))))
}

/// Upload a file to a ticket
///
/// It is on the ticket at once, for whoever sees the ticket; with `is_internal` for staff only. Whoever uploaded it may
/// put it with a message later, one that is as internal as the file. Uploads take no `Idempotency-Key`.
#[utoipa::path(
    post, path = "/tickets/{id}/attachments", operation_id = "upload_ticket_attachment", tag = "tickets",
    params(OfTicket, ForWhom),
    request_body(content = inline(FileForm), content_type = "multipart/form-data"),
    responses((status = 201, description = "The file.", body = UploadedFile), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn upload_to_ticket(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Query(for_whom): Query<ForWhom>,
    form: Form,
) -> Answer<impl IntoResponse> {
    let sight = request.by.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    if for_whom.is_internal && !reads_internal(&sight, &ticket) {
        return Err(Problem::forbidden("only staff may do this"));
    }
    let (id, uploader) = (TicketId::of_stream(ticket.id), request.by.person().unwrap_or_default());
    let file = form.stored(&desk, uploader, Some((ticket.id, UserId(ticket.user_id)))).await?;
    let files = std::slice::from_ref(&file);
    let outcome = desk.commands.attach(&request, id, files, for_whom.is_internal).await;
    if matches!(&outcome, Err(application::Error::Refused(_) | application::Error::Stale { .. }))
        && let Err(error) = desk.attachments.destroy(file.id).await
    {
        tracing::warn!(error = format!("{error:#}"), "A file that was refused stays for a day");
    }
    let done = or_missed(&desk, &request, id, Part::Conversation, outcome).await?;
    let settled = desk.settled(done).await?;
    Ok((StatusCode::CREATED, settled, Json(UploadedFile::of(file, Some(id)))))
}
