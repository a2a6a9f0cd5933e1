//! One article, as it is or as it was.

use application::ledger::Ledger as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::event::Recorded;
use domain::id::ArticleId;
use domain::knowledge::Readership;
use domain::knowledge::values::ArticleStatus;
use projections::articles::shown::FullArticle;
use projections::articles::{find, versions, votes};
use projections::past::{AsOf, Moment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reader::{Reader, named, no_article};
use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// As of when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// As it was: at a version such as `2`, at a time (what the desk had recorded by then), or at `position:` and a position of
    /// the log. For staff.
    #[param(example = "2")]
    as_of: Option<String>,
}

/// An article as somebody reads it.
#[derive(Serialize, ToSchema)]
pub(super) struct ArticlePage {
    /// The article.
    #[serde(flatten)]
    article: FullArticle,
    /// Whether the reader found it helpful; null if they have not said.
    my_vote: Option<bool>,
    /// The moment this is as of; only if asked for. Such an answer has no `ETag`: nothing can be changed there. What is
    /// counted is counted now.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

/// Show an article
///
/// By its id or its document id, whose slashes are written `%2F`. What is published is counted as looked at. Drafts, archived and
/// internal articles are there for staff only. With the setting `kb_public` on, no token is needed.
#[utoipa::path(
    get, path = "/kb/articles/{id}", operation_id = "show_article", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id."), When),
    responses(
        (
            status = 200, description = "The article.", body = ArticlePage,
            headers(("ETag" = String, description = "Its version; not with `as_of`.")),
        ),
        Guarded, Forbidden, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    reader: Reader,
    Id(name): Id<String>,
    Query(when): Query<When>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let as_of = when.as_of.and_then(|text| errors.check("as_of", text.parse::<AsOf>()));
    errors.finish()?;
    let id = named(&desk, reader.sight, &name).await?;
    let held = desk.views.hold().await;
    let mut article = by_id(&desk, reader.sight, id).await?;
    let is_read = as_of.is_none() && article.listed.status == <&str>::from(ArticleStatus::Published);
    article.listed.view_count += if is_read { desk.views.count(id) } else { desk.views.pending(id) };
    drop(held);
    let my_vote = match reader.user {
        Some(user) => votes::counts(desk.pool(), id, user).await?.my_vote,
        None => None,
    };
    if let Some(as_of) = as_of {
        if reader.sight != Readership::Staff {
            return Err(Problem::forbidden("only agents and administrators see what an article was"));
        }
        let (row, moment) = versions::at(&events(&desk, id).await?, as_of)?.ok_or_else(|| not_then(as_of))?;
        let article = article.as_it_was(row);
        return Ok((None, Json(ArticlePage { article, my_vote, as_of: Some(moment) })));
    }
    let version = Version(article.listed.version);
    Ok((Some(version), Json(ArticlePage { article, my_vote, as_of: None })))
}

/// The article in full.
pub(super) async fn by_id(desk: &Desk, sight: Readership, id: ArticleId) -> Answer<FullArticle> {
    find::by_id(desk.pool(), sight, id).await?.ok_or_else(no_article)
}

/// What happened to the article, in order.
pub(super) async fn events(desk: &Desk, id: ArticleId) -> Answer<Vec<Recorded>> {
    Ok(desk.log.read_streams(&[(id.0, 0)]).await.map_err(application::Error::from)?)
}

fn not_then(as_of: AsOf) -> Problem {
    match as_of {
        AsOf::Version(_) => {
            let mut errors = ValidationErrors::default();
            errors.add("as_of", "out_of_range", "the article has no such version");
            errors.into()
        }
        AsOf::Position(_) | AsOf::Time(_) => {
            Problem::new(StatusCode::NOT_FOUND, "NOT_WRITTEN_YET", "the article was written later")
        }
    }
}
