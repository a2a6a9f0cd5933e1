//! Publishing and archiving.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::knowledge::{ArticleCommand, Readership};
use projections::articles::shown::FullArticle;

use super::reader::named;
use super::show::by_id;
use crate::auth::Staff;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, Forbidden, Guarded, Missing, Stale};
use crate::settle::Settled;

/// Publish an article
///
/// Its readers see it from now on, also one that was archived. Publishing what is published changes nothing.
#[utoipa::path(
    post, path = "/kb/articles/{id}/publish", operation_id = "publish_article", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id.")),
    responses(
        (
            status = 200, description = "The article.", body = FullArticle,
            headers(("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Missing, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn publish(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(name): Id<String>,
) -> Answer<impl IntoResponse> {
    does(&desk, &request, &name, ArticleCommand::Publish).await
}

/// Archive an article
///
/// Its readers see it no more; staff do. Archiving what is archived changes nothing.
#[utoipa::path(
    post, path = "/kb/articles/{id}/archive", operation_id = "archive_article", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id.")),
    responses(
        (
            status = 200, description = "The article.", body = FullArticle,
            headers(("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Missing, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn archive(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(name): Id<String>,
) -> Answer<impl IntoResponse> {
    does(&desk, &request, &name, ArticleCommand::Archive).await
}

/// Remove an article
///
/// The same as archiving it: what it said stays in the log.
#[utoipa::path(
    delete, path = "/kb/articles/{id}", operation_id = "remove_article", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id.")),
    responses(
        (status = 204, description = "The article is archived."),
        Accepted, Guarded, Forbidden, Missing, Stale,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn remove(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(name): Id<String>,
) -> Answer<impl IntoResponse> {
    let (_, settled, _) = does(&desk, &request, &name, ArticleCommand::Archive).await?;
    Ok((StatusCode::NO_CONTENT, settled, ()))
}

async fn does(
    desk: &Desk,
    request: &application::Request,
    name: &str,
    command: ArticleCommand,
) -> Answer<(Version, Settled, Json<FullArticle>)> {
    let id = named(desk, Readership::Staff, name).await?;
    let done = desk.commands.article(request, id, command).await?;
    let settled = desk.settled(done).await?;
    let article = by_id(desk, Readership::Staff, id).await?;
    Ok((Version(article.listed.version), settled, Json(article)))
}
