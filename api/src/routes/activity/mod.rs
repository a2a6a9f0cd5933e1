//! What people did besides working on tickets, for those who may know.

mod audit;
mod of_user;

use domain::activity::{ActivityEvent, AuditPart};
use domain::id::UserId;
use projections::activity::Act;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::activity::RequestInfo;
use crate::desk::Desk;
use crate::page::Pagination;
use crate::problem::Answer;

/// How many looks of one person are recorded in a minute; nobody reads faster.
const LOOKS_NOTED: i32 = 30;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(audit::audit)).routes(routes!(of_user::of_user))
}

/// A page of what people did.
#[derive(Serialize, ToSchema)]
pub(super) struct Acts {
    /// Newest first.
    activity: Vec<Act>,
    /// How many there are on all pages.
    #[schema(example = 42)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// Notes who looked, before they are shown anything.
async fn note(desk: &Desk, info: &RequestInfo, what: AuditPart, about: Option<UserId>) -> Answer<()> {
    desk.record_some(info, ActivityEvent::AuditRead { what, about }, "audit read", LOOKS_NOTED).await
}
