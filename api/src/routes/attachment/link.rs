//! Links that a browser can follow.

use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use domain::id::AttachmentId;
use serde::Serialize;
use utoipa::ToSchema;

use super::seen;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Guarded, Missing};

/// A link to a file.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkToFile {
    /// Where to fetch it, without a header. Whoever has it can, so it is nobody else's.
    url: String,
    /// Until when: a minute at most.
    expires_at: DateTime<Utc>,
}

/// Make a link to a file
///
/// Good for a minute, for as long as the sign-in lasts that it was made with, and if its person still sees the file when it
/// is followed.
#[utoipa::path(
    post, path = "/attachments/{id}/link", operation_id = "link_attachment", tag = "tickets",
    params(("id" = Uuid, Path, description = "The file.")),
    responses((status = 200, description = "The link.", body = LinkToFile), Guarded, Missing),
    security(("bearerAuth" = [])),
)]
pub(super) async fn link(
    State(desk): State<Desk>,
    signed: Signed,
    Id(id): Id<AttachmentId>,
) -> Answer<impl IntoResponse> {
    let _ = seen(&desk, &signed.caller, id).await?;
    let (token, link) = desk.tokens.link(signed.user, signed.jti, id, Utc::now());
    let origin = desk.config.server.public_url();
    let url = format!("{origin}/api/v1/attachments/{id}/download?link={token}");
    Ok(Json(LinkToFile { url, expires_at: link.expires_at() }))
}
