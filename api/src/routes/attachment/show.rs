//! What files there are.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::{AttachmentId, TicketId};
use projections::attachments::{Attachment, of_ticket};
use projections::ticket_page::{TicketRef, reads_internal};
use serde::Serialize;
use utoipa::ToSchema;

use super::upload::UploadedFile;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Guarded, Missing};
use crate::routes::ticket::{OfTicket, seen};

/// The files on a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfAttachments {
    /// Oldest first.
    attachments: Vec<Attachment>,
    /// How many there are.
    #[schema(example = 1)]
    total_count: usize,
}

/// A file, and where it is.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum ShownFile {
    /// On a ticket.
    Attached(AttachedFile),
    /// Uploaded, and used nowhere yet.
    Unused(UploadedFile),
}

/// A file on a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct AttachedFile {
    /// The ticket.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    ticket_id: String,
    /// The file.
    #[serde(flatten)]
    #[schema(inline)]
    attachment: Attachment,
}

/// List a ticket's files
///
/// Those that go with messages as well; for its requester, without those that are for staff.
#[utoipa::path(
    get, path = "/tickets/{id}/attachments", operation_id = "list_ticket_attachments", tag = "tickets",
    params(OfTicket),
    responses((status = 200, description = "Files.", body = ListOfAttachments), Guarded, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let sight = signed.caller.sight();
    let ticket = seen(&desk, &sight, ticket).await?;
    let internal = reads_internal(&sight, &ticket);
    let attachments = of_ticket(desk.pool(), TicketId::of_stream(ticket.id), internal).await?;
    Ok(Json(ListOfAttachments { total_count: attachments.len(), attachments }))
}

/// Show a file
///
/// For whoever sees its ticket and, if it is for staff, reads internal notes there.
#[utoipa::path(
    get, path = "/attachments/{id}", operation_id = "show_attachment", tag = "tickets",
    params(("id" = Uuid, Path, description = "The file.")),
    responses((status = 200, description = "The file.", body = ShownFile), Guarded, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    signed: Signed,
    Id(id): Id<AttachmentId>,
) -> Answer<impl IntoResponse> {
    let seen = super::seen(&desk, &signed.caller, id).await?;
    if let Some((ticket, attachment)) = seen.place {
        return Ok(Json(ShownFile::Attached(AttachedFile { ticket_id: ticket.to_string(), attachment })));
    }
    let file = desk.attachments.uploaded(&seen.kept).await?.ok_or_else(super::no_attachment)?;
    Ok(Json(ShownFile::Unused(UploadedFile::of(file, None))))
}
