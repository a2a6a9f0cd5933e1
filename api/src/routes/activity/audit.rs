//! What everybody did, for administrators.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::activity::AuditPart;
use domain::evolution::REGISTRY;
use domain::id::UserId;
use projections::activity::{Filter, page};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Acts, note};
use crate::activity::RequestInfo;
use crate::auth::Auditor;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::page::Paging;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::query::Query;

/// Which acts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those of this person.
    actor: Option<Uuid>,
    /// Only these: event types that are not about tickets; with commas between, or repeated.
    #[serde(default)]
    #[param(example = "SignedIn,SignInRefused")]
    action: Vec<String>,
    /// Only those done to this account, setting or catalogue, or about this person.
    target: Option<Uuid>,
    /// Only those from then on.
    from: Option<DateTime<Utc>>,
    /// Only those before then.
    to: Option<DateTime<Utc>>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Show what people did
///
/// Sign-ins and refusals, exports, changes of accounts, settings and catalogues, and who looked at this. From the log;
/// what happened to tickets is in their histories.
#[utoipa::path(
    get, path = "/admin/audit", operation_id = "read_audit", tag = "audit", params(Which),
    responses((status = 200, description = "Newest first.", body = Acts), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn audit(
    State(desk): State<Desk>,
    _: Auditor,
    info: RequestInfo,
    Query(which): Query<Which>,
) -> Answer<Json<Acts>> {
    let paging = Paging::read(which.page, which.limit)?;
    check(&which.action)?;
    note(&desk, &info, AuditPart::Audit, which.actor.or(which.target).map(UserId)).await?;
    let filter = Filter {
        of: None,
        actor: which.actor.map(UserId),
        actions: which.action,
        target: which.target,
        from: which.from,
        to: which.to,
    };
    let (activity, total_count) = page(desk.pool(), &filter, paging.limit.into(), paging.skip()).await?;
    Ok(Json(Acts { activity, total_count, pagination: paging.of(total_count, None) }))
}

/// Refuses what nobody can have done.
fn check(actions: &[String]) -> Answer<()> {
    let mut errors = ValidationErrors::default();
    let known = || {
        let types =
            REGISTRY.types().filter(|(stream, ..)| !matches!(stream.as_str(), "ticket" | "conversation"));
        types.map(|(_, name, _)| name)
    };
    if actions.iter().any(|action| !known().any(|name| name == action)) {
        let allowed = known().collect::<Vec<_>>().join(", ");
        errors.add("action", "invalid", format!("names an action that does not exist; allowed: {allowed}"));
    }
    errors.finish()
}
