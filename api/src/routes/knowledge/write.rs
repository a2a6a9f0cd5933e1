//! Writing an article.

use application::NewArticle;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::id::ArticleId;
use domain::knowledge::values::{
    ArticleCategory, DocumentId, Filing, Visibility, parse_content, parse_title,
};
use projections::articles::shown::FullArticle;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::filter::read_tags;
use super::show::by_id;
use crate::auth::Staff;
use crate::body::Json;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded};
use domain::knowledge::Readership;

/// An article to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteArticle {
    /// What it is about, in a line.
    #[schema(min_length = 1, max_length = 200, example = "Connect from home with the VPN")]
    title: String,
    /// What it says, in Markdown.
    #[schema(min_length = 1, max_length = 65_536, example = "1. Start the VPN client.\n2. Sign in.")]
    content: String,
    /// What kind of questions it answers.
    category: ArticleCategory,
    /// The words it is marked with: any, in lower case.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["vpn", "travel"]))]
    tags: Vec<String>,
    /// Whom it is for, once it is published; public unless given.
    visibility: Option<Visibility>,
    /// The department that keeps it.
    department: Option<Department>,
    /// Its name in addresses, in lower case and for good: letters, digits, `-`, `_`, `.` and `/`; made of the title unless given.
    #[schema(min_length = 1, max_length = 200, example = "vpn-from-home")]
    document_id: Option<String>,
}

/// Write an article
///
/// It begins as a draft, which staff see; publishing shows it to its readers.
#[utoipa::path(
    post, path = "/kb/articles", operation_id = "write_article", tag = "knowledge", request_body = WriteArticle,
    responses(
        (
            status = 201, description = "The article.", body = FullArticle,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Conflicting, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn write(
    State(desk): State<Desk>,
    _: Staff,
    Asked(request): Asked,
    Json(sent): Json<WriteArticle>,
) -> Answer<impl IntoResponse> {
    let new = checked(sent)?;
    let (id, done) = desk.commands.write_article(&request, new).await?;
    let settled = desk.settled(done).await?;
    let article = by_id(&desk, Readership::Staff, id).await?;
    let location = [(LOCATION, format!("/api/v1/kb/articles/{id}"))];
    Ok((StatusCode::CREATED, location, Version(article.listed.version), settled, Json(article)))
}

fn checked(sent: WriteArticle) -> Answer<NewArticle> {
    let mut errors = ValidationErrors::default();
    let title = errors.check("title", parse_title(&sent.title));
    let content = errors.check("content", parse_content(&sent.content));
    let document_id =
        sent.document_id.and_then(|text| errors.check("document_id", text.parse::<DocumentId>()));
    let tags = read_tags(&mut errors, "tags", &sent.tags);
    let (Some(title), Some(content)) = (title, content) else { return Err(errors.into()) };
    errors.finish()?;
    let visibility = sent.visibility.unwrap_or(Visibility::Public);
    let filing = Filing { category: sent.category, department: sent.department, tags, visibility };
    Ok(NewArticle { id: ArticleId(Uuid::now_v7()), document_id, title, content, filing, publish: false })
}
