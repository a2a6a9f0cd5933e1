//! The log as lines of JSON, for whoever wants to verify it without the desk.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::activity::{ActivityEvent, ExportedData};
use futures::stream::try_unfold;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{empty, within};
use crate::activity::RequestInfo;
use crate::auth::Auditor;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing};
use crate::query::Query;

/// Which part of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Begin with the block that holds this position; if not given, with the first.
    #[param(minimum = 1)]
    from: Option<i64>,
    /// End with the block that holds this position; if not given, with the last.
    #[param(minimum = 1)]
    to: Option<i64>,
}

/// Export the log
///
/// Whole blocks, as lines of JSON, personal texts sealed. The last line covers all others: without it the export is
/// not whole. `ledgerdesk log verify --file` checks it with nothing but the public key.
#[utoipa::path(
    get, path = "/audit/export", operation_id = "export_log", tag = "audit", params(Which),
    responses(
        (status = 200, description = "Lines of JSON.", content_type = "application/x-ndjson", body = String),
        Guarded, Forbidden, Missing, Conflicting, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn export(
    State(desk): State<Desk>,
    _: Auditor,
    info: RequestInfo,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let audit = desk.log.audit();
    let (first, last) = audit.extent().await?.ok_or_else(empty)?;
    let (from, to) = (which.from.unwrap_or(first), which.to.unwrap_or(last));
    let mut errors = ValidationErrors::default();
    within(&mut errors, "to", to, first, last);
    within(&mut errors, "from", from, first, to.clamp(first, last));
    errors.finish()?;
    desk.record(&info, ActivityEvent::Exported { what: ExportedData::Log, about: None }).await?;
    let export = audit.export(from, which.to).await?;
    let lines = try_unfold(export, async |mut export| {
        let next = export.next().await;
        let next = next.inspect_err(|error| tracing::warn!(%error, "An export was cut off"))?;
        Ok::<_, infrastructure::audit::AuditError>(next.map(|lines| (lines, export)))
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}
