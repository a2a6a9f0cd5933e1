//! The articles that there are.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::knowledge::values::{ArticleCategory, ArticleStatus, Visibility};
use projections::articles::find;
use projections::articles::shown::ListedArticle;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter::{filter, order};
use super::reader::Reader;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded};
use crate::query::Query;
use crate::routes::ticket::link;

/// Which articles. Lists take commas or repeat the parameter, and mean any of their words.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of one of these categories.
    category: Vec<ArticleCategory>,
    /// Kept by one of these departments.
    department: Vec<Department>,
    /// Marked with one of these tags.
    #[param(example = json!(["vpn"]))]
    tag: Vec<String>,
    /// In one of these statuses; whoever is not staff sees published ones alone.
    status: Vec<ArticleStatus>,
    /// For one of these circles; whoever is not staff sees public ones alone.
    visibility: Vec<Visibility>,
    /// By what to sort: `title`, `created_at`, `updated_at`, `view_count`, `usage_count`, `effectiveness_score`, with `-` the
    /// greatest first; `title` unless given.
    #[param(example = json!(["-effectiveness_score"]))]
    sort: Vec<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of articles.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfArticles {
    /// In the order asked for, without their texts.
    articles: Vec<ListedArticle>,
    /// How many there are on all pages.
    #[schema(example = 12)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List articles
///
/// Readers get what is published for all, staff everything. With the setting `kb_public` on, no token is needed. What is
/// looked at is counted here some seconds later.
#[utoipa::path(
    get, path = "/kb/articles", operation_id = "list_articles", tag = "knowledge", params(Which),
    responses(
        (
            status = 200, description = "Articles.", body = ListOfArticles,
            headers(("Link" = String, description = "Where the next and the previous page are.")),
        ),
        Guarded, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    reader: Reader,
    uri: Uri,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let Which { category, department, tag, status, visibility, sort, page, limit } = which;
    let mut errors = ValidationErrors::default();
    let filter = filter(&mut errors, &category, &department, ("tag", &tag), &status, &visibility);
    let order = order(&mut errors, &sort);
    errors.finish()?;
    let paging = Paging::read(page, limit)?;
    let span = (i64::from(paging.limit), paging.skip());
    let (articles, total_count) = find::page(desk.pool(), reader.sight, &filter, &order, span).await?;
    let pagination = paging.of(total_count, None);
    let link = link("/api/v1/kb/articles", &uri, None, false, &pagination);
    Ok((link, Json(ListOfArticles { articles, total_count, pagination })))
}
