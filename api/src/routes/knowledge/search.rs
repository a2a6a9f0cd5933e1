//! Articles by the words in them.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::knowledge::values::ArticleCategory;
use domain::text::{Lines, parse_text};
use projections::articles::search::{self, FoundArticle};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter::filter;
use super::reader::Reader;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded};
use crate::query::Query;
use crate::routes::ticket::link;

/// How many characters a question has at most.
const LONGEST_QUESTION: usize = 400;

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The words: all of them have to be there, `"those in quotation marks"` beside each other, those after `-` not at all; `or`
    /// stands between alternatives. English endings do not matter.
    #[param(min_length = 1, max_length = 400, example = "vpn \"from home\" -printer")]
    q: String,
    /// Only those marked with one of these tags.
    #[serde(default)]
    #[param(example = json!(["vpn"]))]
    tags: Vec<String>,
    /// Only those of one of these categories.
    #[serde(default)]
    category: Vec<ArticleCategory>,
    /// Only those kept by one of these departments.
    #[serde(default)]
    department: Vec<Department>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of what was found.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfFound {
    /// The best first.
    articles: Vec<FoundArticle>,
    /// How many there are on all pages.
    #[schema(example = 3)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// Search articles
///
/// Words in the title weigh more than tags, and those more than the text. Highlights are HTML that holds nothing but `<mark>`.
/// With the setting `kb_public` on, no token is needed.
#[utoipa::path(
    get, path = "/kb/search", operation_id = "search_articles", tag = "knowledge", params(Wanted),
    responses(
        (
            status = 200, description = "What was found.", body = ListOfFound,
            headers(("Link" = String, description = "Where the next and the previous page are.")),
        ),
        Guarded, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn search(
    State(desk): State<Desk>,
    reader: Reader,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Answer<impl IntoResponse> {
    let Wanted { q, tags, category, department, page, limit } = wanted;
    let mut errors = ValidationErrors::default();
    let q = errors.check("q", parse_text(&q, 1, LONGEST_QUESTION, Lines::Many));
    let filter = filter(&mut errors, &category, &department, ("tags", &tags), &[], &[]);
    let Some(q) = q else { return Err(errors.into()) };
    errors.finish()?;
    let paging = Paging::read(page, limit)?;
    let span = (i64::from(paging.limit), paging.skip());
    let (articles, total_count) = search::search(desk.pool(), reader.sight, &q, &filter, span).await?;
    let pagination = paging.of(total_count, None);
    let link = link("/api/v1/kb/search", &uri, None, false, &pagination);
    Ok((link, Json(ListOfFound { articles, total_count, pagination })))
}
