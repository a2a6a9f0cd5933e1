//! The entries of a catalogue.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::catalogue::values::EntryKind;
use projections::catalogue::{Filter, ListedEntry, changed_at, page};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded};
use crate::query::Query;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those that can, or cannot, be chosen.
    active: Option<bool>,
    /// Only those with this in their code or name.
    #[param(max_length = 100)]
    q: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of entries. It describes the answer, whose first field is named after its catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfEntries {
    /// By code.
    entries: Vec<ListedEntry>,
    /// How many there are on all pages.
    #[schema(example = 4)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List entries
///
/// By code. The `ETag` stands for the whole catalogue: sent back as `If-None-Match`, it is answered 304 as long as
/// nothing in it changed.
#[utoipa::path(
    get, path = "/entries", operation_id = "list_entries", tag = "catalogues",
    params(Which, ("If-None-Match" = Option<String>, Header, description = "The list as it was seen.")),
    responses(
        (status = 200, description = "One page.", body = ListOfEntries),
        (status = 304, description = "Nothing changed since the list of this ETag."),
        Guarded, Checked,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Signed,
    Extension(kind): Extension<EntryKind>,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let paging = Paging::read(which.page, which.limit)?;
    // Before the rows: whoever gets newer ones under an older tag asks once more than needed.
    let tag = format!("\"v{}\"", changed_at(desk.pool(), kind).await?);
    let seen = headers.get(IF_NONE_MATCH).and_then(|seen| seen.to_str().ok()).unwrap_or_default();
    if seen.split(',').any(|seen| seen.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    // No name holds a NUL, and PostgreSQL takes none.
    let q = which.q.map(|q| q.trim().replace('\0', "\u{fffd}")).filter(|q| !q.is_empty());
    let filter = Filter { active: which.active, q };
    let (entries, total) = page(desk.pool(), kind, &filter, i64::from(paging.limit), paging.skip()).await?;
    let list = json!({
        kind.plural(): entries,
        "total_count": total,
        "pagination": paging.of(total, None),
    });
    Ok(([(ETAG, tag)], Json(list)).into_response())
}
