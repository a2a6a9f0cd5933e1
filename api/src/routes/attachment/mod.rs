//! Files: uploading them, what there is, fetching and removing them.

mod download;
pub(crate) mod form;
mod link;
mod range;
mod remove;
mod show;
mod upload;

use axum::extract::DefaultBodyLimit;
use domain::access::Caller;
use domain::id::{AttachmentId, TicketId};
use infrastructure::attachments::Kept;
use projections::attachments::find;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::id::Named;
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    // Files are counted while they come, and no others' bodies may be as long.
    let uploads = OpenApiRouter::new()
        .routes(routes!(upload::upload))
        .routes(routes!(show::list, upload::upload_to_ticket))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(show::show, remove::remove))
        .routes(routes!(download::download))
        .routes(routes!(link::link))
}

impl Named for AttachmentId {
    fn read(text: &str) -> Option<Self> {
        uuid::Uuid::read(text).map(Self)
    }
}

/// A file that somebody may see.
struct Seen {
    kept: Kept,
    name: String,
    /// The ticket that it is on, and what is shown of it there; none while it is used nowhere.
    place: Option<(TicketId, projections::attachments::Attachment)>,
}

/// The file, if `caller` may see it: on a ticket of theirs, or because they uploaded it a moment ago.
async fn seen(desk: &Desk, caller: &Caller, id: AttachmentId) -> Answer<Seen> {
    let place = find(desk.pool(), &caller.sight(), id).await?;
    let kept = desk.attachments.find(id).await?.ok_or_else(no_attachment)?;
    if let Some((_, shown)) = &place {
        return Ok(Seen { name: shown.name.clone(), kept, place });
    }
    // What is on a ticket is seen there or not at all.
    let is_unused = kept.ticket.is_none();
    if !is_unused || !caller.is(kept.uploader()) {
        return Err(no_attachment());
    }
    let file = desk.attachments.uploaded(&kept).await?.ok_or_else(no_attachment)?;
    Ok(Seen { kept, name: file.name, place })
}

fn no_attachment() -> Problem {
    Problem::not_found("there is no such attachment")
}
