//! Changing an article.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::change::Change;
use domain::knowledge::values::{ArticleCategory, Visibility, parse_content, parse_title};
use domain::knowledge::{ArticleChanges, ArticleCommand, Readership};
use projections::articles::shown::FullArticle;
use serde::Deserialize;
use utoipa::ToSchema;

use super::filter::read_tags;
use super::reader::named;
use super::show::by_id;
use crate::auth::Staff;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Forbidden, Guarded, Missing, Stale};
use crate::routes::ticket::given;

/// What shall be different about an article.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviseArticle {
    /// What it is about, in a line.
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// What it says, in Markdown.
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 65_536)]
    content: Option<String>,
    /// What kind of questions it answers.
    #[serde(default, deserialize_with = "given")]
    category: Option<ArticleCategory>,
    /// All the words it is marked with.
    #[serde(default, deserialize_with = "given")]
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
    /// Whom it is for.
    #[serde(default, deserialize_with = "given")]
    visibility: Option<Visibility>,
    /// The department that keeps it, or null.
    #[serde(default)]
    #[schema(value_type = Option<Department>)]
    department: Change<String>,
}

/// Change an article
///
/// What is given changes, and makes one version; of a published article its readers see it at once. The document id stays.
#[utoipa::path(
    patch, path = "/kb/articles/{id}", operation_id = "revise_article", tag = "knowledge", request_body = ReviseArticle,
    params(("id" = String, Path, description = "Its id or its document id.")),
    responses(
        (
            status = 200, description = "The article.", body = FullArticle,
            headers(("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Missing, Stale, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn revise(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Id(name): Id<String>,
    Json(sent): Json<ReviseArticle>,
) -> Answer<impl IntoResponse> {
    let changes = checked(sent)?;
    let id = named(&desk, Readership::Staff, &name).await?;
    let done = desk.commands.article(&request, id, ArticleCommand::Revise(changes)).await?;
    let settled = desk.settled(done).await?;
    let article = by_id(&desk, Readership::Staff, id).await?;
    Ok((Version(article.listed.version), settled, Json(article)))
}

fn checked(sent: ReviseArticle) -> Answer<ArticleChanges> {
    let ReviseArticle { title, content, category, tags, visibility, department } = sent;
    let mut errors = ValidationErrors::default();
    let title = title.and_then(|title| errors.check("title", parse_title(&title)));
    let content = content.and_then(|content| errors.check("content", parse_content(&content)));
    let department = errors.check("department", department.parse(|code| code.parse::<Department>()));
    let tags = tags.map(|tags| read_tags(&mut errors, "tags", &tags));
    errors.finish()?;
    let department = department.unwrap_or_default();
    Ok(ArticleChanges { title, content, category, department, tags, visibility })
}
