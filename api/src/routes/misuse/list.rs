//! The reports that there are.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::misuse::values::{MisuseType, ReportId, Severity};
use projections::misuse_reports::{self, ShownReport, Which};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Admin;
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::id::Id;
use crate::page::{Pagination, Paging};
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// Which reports.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that are to be reviewed, or with `false` those that were.
    unreviewed: Option<bool>,
    /// Only those of this severity.
    #[param(inline)]
    severity: Option<Severity>,
    /// Only those of this kind.
    #[serde(rename = "type")]
    #[param(rename = "type", inline)]
    misuse_type: Option<MisuseType>,
    /// Only those about this person.
    user_id: Option<UserId>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Reports of misuse.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfReports {
    /// What is to be reviewed first, and of both the newest first.
    reports: Vec<ShownReport>,
    /// How many there are on all pages.
    #[schema(example = 3)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List reports of misuse
///
/// What is to be reviewed comes first, and of both the newest. There is at most one report about a person a day.
#[utoipa::path(
    get, path = "/admin/misuse-reports", operation_id = "list_misuse_reports", tag = "misuse", params(Filter),
    responses((status = 200, description = "Reports.", body = ListOfReports), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Admin,
    Query(filter): Query<Filter>,
) -> Answer<Json<ListOfReports>> {
    let Filter { unreviewed, severity, misuse_type, user_id: user, page, limit } = filter;
    let paging = Paging::read(page, limit)?;
    let which = Which { unreviewed, severity, misuse_type, user };
    let reports = misuse_reports::page(desk.pool(), &which, i64::from(paging.limit), paging.skip()).await?;
    let total_count = misuse_reports::count(desk.pool(), &which).await?;
    let pagination = paging.of(total_count, None);
    Ok(Json(ListOfReports { reports, total_count, pagination }))
}

/// Show a report of misuse
#[utoipa::path(
    get, path = "/admin/misuse-reports/{id}", operation_id = "show_misuse_report", tag = "misuse",
    params(("id" = Uuid, Path, description = "Which report.")),
    responses((status = 200, description = "The report.", body = ShownReport), Guarded, Forbidden, Missing),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: Admin,
    Id(id): Id<ReportId>,
) -> Answer<impl IntoResponse> {
    let report = find(&desk, id).await?;
    Ok((Version(report.version), Json(report)))
}

/// The report `id` as the read models show it.
pub(super) async fn find(desk: &Desk, id: ReportId) -> Answer<ShownReport> {
    let report = misuse_reports::by_id(desk.pool(), id).await?;
    report.ok_or_else(|| Problem::not_found("there is no such report"))
}
