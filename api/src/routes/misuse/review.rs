//! Reviewing a report.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::misuse::ReportCommand;
use domain::misuse::values::ReportId;
use domain::ticket::values::parse_note;
use projections::misuse_reports::ShownReport;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::find;
use crate::auth::Admin;
use crate::body::{Json, OptionalJson};
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Missing, Stale};

/// What came of a review.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    /// What was done about it; without it what was said before stands.
    #[schema(min_length = 1, max_length = 2_000, example = "Talked to them.")]
    action_taken: Option<String>,
}

/// What came of a review, and of which report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewOf {
    /// The report.
    report_id: ReportId,
    /// What was done about it; without it what was said before stands.
    #[schema(min_length = 1, max_length = 2_000, example = "Talked to them.")]
    action_taken: Option<String>,
}

/// A report that was reviewed.
#[derive(Serialize, ToSchema)]
pub(super) struct Reviewed {
    /// What people read.
    #[schema(example = "Marked as reviewed")]
    message: &'static str,
    /// The report.
    report: ShownReport,
}

/// Mark a report of misuse as reviewed
///
/// However often: what was reviewed stays so until another ticket joins the report. What was done about it can be said later,
/// or anew.
#[utoipa::path(
    post, path = "/admin/misuse-reports/{id}/mark-reviewed", operation_id = "review_misuse_report", tag = "misuse",
    params(("id" = Uuid, Path, description = "Which report.")),
    request_body = Option<Review>,
    responses(
        (status = 200, description = "The report, reviewed.", body = Reviewed),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn review(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(id): Id<ReportId>,
    OptionalJson(body): OptionalJson<Review>,
) -> Answer<impl IntoResponse> {
    reviewed(&desk, &request, id, body.action_taken.as_deref()).await
}

/// Mark a report of misuse as reviewed, by its id in the body
///
/// The same under the name that programs of a predecessor know.
#[utoipa::path(
    post, path = "/admin/mark-reviewed", operation_id = "review_misuse_report_by_name", tag = "misuse",
    responses(
        (status = 200, description = "The report, reviewed.", body = Reviewed),
        Accepted, Guarded, Forbidden, Missing, Conflicting, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn review_by_name(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Json(body): Json<ReviewOf>,
) -> Answer<impl IntoResponse> {
    reviewed(&desk, &request, body.report_id, body.action_taken.as_deref()).await
}

async fn reviewed(
    desk: &Desk,
    request: &application::Request,
    id: ReportId,
    action_taken: Option<&str>,
) -> Answer<impl IntoResponse + use<>> {
    let mut errors = ValidationErrors::default();
    let action_taken = action_taken.and_then(|text| errors.check("action_taken", parse_note(text)));
    errors.finish()?;
    let done = desk.commands.misuse_report(request, id, ReportCommand::MarkReviewed { action_taken }).await?;
    let settled = desk.settled(done).await?;
    let report = find(desk, id).await?;
    Ok((Version(report.version), settled, Json(Reviewed { message: "Marked as reviewed", report })))
}
