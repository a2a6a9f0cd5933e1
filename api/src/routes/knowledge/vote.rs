//! Whether an article helped.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::knowledge::Readership;
use domain::knowledge::values::parse_comment;
use projections::articles::votes::{self, ListedVote, VoteCounts};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reader::named;
use crate::auth::{Signed, Staff};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::page::{Pagination, Paging};
use crate::problem::Answer;
use crate::problem::declared::{
    Accepted, Checked, CheckedBody, Conflicting, Forbidden, GoneForGood, Guarded, Missing,
};
use crate::query::Query;

/// What a reader says of an article.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GiveVote {
    /// Whether it helped.
    #[schema(example = true)]
    helpful: bool,
    /// What staff should know of it.
    #[schema(min_length = 1, max_length = 2_000, example = "Step 3 is another one on Macs.")]
    comment: Option<String>,
}

/// Vote on an article
///
/// Each reader has one vote; another one, with its comment or without, takes its place.
#[utoipa::path(
    post, path = "/kb/articles/{id}/vote", operation_id = "vote_on_article", tag = "knowledge", request_body = GiveVote,
    params(("id" = String, Path, description = "Its id or its document id.")),
    responses(
        (status = 200, description = "How many say what.", body = VoteCounts),
        Accepted, Guarded, Missing, Conflicting, GoneForGood, CheckedBody,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:write"])),
)]
pub(super) async fn vote(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Id(name): Id<String>,
    Json(sent): Json<GiveVote>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let comment = sent.comment.and_then(|text| errors.check("comment", parse_comment(&text)));
    errors.finish()?;
    let id = named(&desk, Readership::of(Some(&signed.caller)), &name).await?;
    let done = desk.commands.vote(&request, id, sent.helpful, comment).await?;
    let settled = desk.settled(done).await?;
    Ok((settled, Json(votes::counts(desk.pool(), id, signed.user).await?)))
}

/// Which votes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The page, from 1.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// How many a page has.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of votes.
#[derive(Serialize, ToSchema)]
pub(super) struct ListOfVotes {
    /// The newest first.
    votes: Vec<ListedVote>,
    /// How many there are on all pages.
    #[schema(example = 13)]
    total_count: i64,
    /// Where in the list this is.
    pagination: Pagination,
}

/// List the votes on an article
///
/// With what readers say of it, for those who keep it.
#[utoipa::path(
    get, path = "/kb/articles/{id}/votes", operation_id = "list_article_votes", tag = "knowledge",
    params(("id" = String, Path, description = "Its id or its document id."), Which),
    responses((status = 200, description = "Votes.", body = ListOfVotes), Guarded, Forbidden, Missing, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["knowledge:read"])),
)]
pub(super) async fn votes(
    State(desk): State<Desk>,
    _: Staff,
    Id(name): Id<String>,
    Query(which): Query<Which>,
) -> Answer<Json<ListOfVotes>> {
    let paging = Paging::read(which.page, which.limit)?;
    let id = named(&desk, Readership::Staff, &name).await?;
    let (votes, total_count) = votes::page(desk.pool(), id, i64::from(paging.limit), paging.skip()).await?;
    Ok(Json(ListOfVotes { votes, total_count, pagination: paging.of(total_count, None) }))
}
