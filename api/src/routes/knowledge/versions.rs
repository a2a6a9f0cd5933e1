//! What an article was, version by version.

use axum::extract::State;
use domain::knowledge::Readership;
use projections::articles::versions::{self, ArticleVersion};
use projections::user_directory::names;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reader::named;
use super::show::events;
use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::page::{Pagination, Paging};
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// Which versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only this one, with the text that it had.
    #[param(minimum = 1)]
    version: Option<i32>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of versions.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfVersions {
    /// The newest first.
    versions: Vec<ArticleVersion>,
    /// How many there are on all pages.
    #[schema(example = 4)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List the versions of an article
///
/// Who changed what, and when; the text of each with `version`, or of the whole article as it was with `as_of` of the article.
/// For staff: a former text may have been for them alone.
#[utoipa::path(
    get, path = "/kb/articles/{id}/versions", operation_id = "list_article_versions", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id."), Which),
    responses(
        (status = 200, description = "Versions.", body = ListOfVersions),
        Guarded, Forbidden, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn versions(
    State(desk): State<Desk>,
    _: Staff,
    Id(name): Id<String>,
    Query(which): Query<Which>,
) -> Answer<Json<ListOfVersions>> {
    let paging = Paging::read(which.page, which.limit)?;
    let id = named(&desk, Readership::Staff, &name).await?;
    let events = events(&desk, id).await?;
    let names = names(desk.pool(), &versions::people(&events)).await?;
    let mut all = versions::versions(&events, &names, which.version)?;
    if let Some(version) = which.version {
        all.retain(|one| one.version == version);
        if all.is_empty() {
            return Err(Problem::not_found("the article has no such version"));
        }
    }
    let total_count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let skip = usize::try_from(paging.skip()).unwrap_or(usize::MAX);
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let versions = all.into_iter().rev().skip(skip).take(limit).collect();
    Ok(Json(ListOfVersions { versions, total_count, pagination: paging.of(total_count, None) }))
}
