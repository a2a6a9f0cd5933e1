//! What each reader said last of an article, and how many said so.

use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::id::{ArticleId, UserId};
use domain::knowledge::reception::ReceptionEvent;
use infrastructure::projection::{Cells, Counters, Kind, Row, Table, Texts};
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

/// The table `article_votes`.
pub struct Votes;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct VoteRow {
    id: Uuid,
    article: Uuid,
    user_id: Uuid,
    helpful: bool,
    comment: Option<String>,
    voted_at: DateTime<Utc>,
    position: i64,
}

impl Table for Votes {
    type Key = Uuid;
    type Row = VoteRow;

    const NAME: &'static str = "article_votes";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("article", Kind::Uuid),
        ("user_id", Kind::Uuid),
        ("helpful", Kind::Bool),
        ("comment", Kind::Text),
        ("voted_at", Kind::Timestamp),
        ("position", Kind::Int8),
    ];
    const OWN_ROWS: bool = true;
    const TEXTS: Option<Texts> =
        Some(Texts { columns: &["comment"], of: &["ArticleVoted"], whose: "user_id = $1" });
    const COUNTERS: Option<Counters<VoteRow>> = Some(Counters {
        table: "article_vote_counts",
        columns: &["article", "helpful"],
        cell: |row| vec![row.article.to_string(), row.helpful.to_string()],
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Reception(ReceptionEvent::ArticleVoted { .. })).then_some(event.stream)
    }

    fn fold(row: Option<VoteRow>, recorded: &Recorded) -> anyhow::Result<Option<VoteRow>> {
        let Event::Reception(ReceptionEvent::ArticleVoted { article, user, helpful, comment }) =
            &recorded.event
        else {
            return Ok(row);
        };
        Ok(Some(VoteRow {
            id: recorded.stream,
            article: article.0,
            user_id: user.0,
            helpful: *helpful,
            comment: comment.as_ref().map(|comment| comment.shown().to_owned()),
            voted_at: recorded.occurred_at,
            position: recorded.position,
        }))
    }
}

impl Row for VoteRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .uuid(self.article)
            .uuid(self.user_id)
            .bool(self.helpful)
            .text(self.comment.as_deref())
            .timestamp(self.voted_at)
            .int8(self.position);
    }
}

/// How many found an article helpful or not, and what the reader says; as it is, the response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, FromRow)]
pub struct VoteCounts {
    /// How many found it helpful.
    #[schema(example = 12)]
    pub helpful_count: i64,
    /// How many did not.
    #[schema(example = 1)]
    pub not_helpful_count: i64,
    /// Whether the reader found it helpful; null if they have not said.
    pub my_vote: Option<bool>,
}

/// How many say what of an article, and what `reader` says.
///
/// # Errors
/// The database cannot be reached.
pub async fn counts(pool: &PgPool, article: ArticleId, reader: UserId) -> sqlx::Result<VoteCounts> {
    sqlx::query_as(
        "select coalesce((select n from read.article_vote_counts
                           where article = $1::text and helpful = 'true'), 0) as helpful_count,
                coalesce((select n from read.article_vote_counts
                           where article = $1::text and helpful = 'false'), 0) as not_helpful_count,
                (select helpful from read.article_votes where id = $2) as my_vote",
    )
    .bind(article.0)
    .bind(article.reception_of(reader))
    .fetch_one(pool)
    .await
}

/// A vote as staff read it; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct ListedVote {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub username: Option<String>,
    /// Whether it helped.
    pub helpful: bool,
    /// What they say of it.
    pub comment: Option<String>,
    /// When.
    pub voted_at: DateTime<Utc>,
}

/// The votes on an article, the newest first, and how many there are in all.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    article: ArticleId,
    limit: i64,
    skip: i64,
) -> sqlx::Result<(Vec<ListedVote>, i64)> {
    let votes = sqlx::query_as(
        "select v.user_id, u.username, v.helpful, v.comment, v.voted_at
           from read.article_votes v
           left join read.user_directory u on u.id = v.user_id
          where v.article = $1
          order by v.position desc
          limit $2 offset $3",
    )
    .bind(article.0)
    .bind(limit)
    .bind(skip)
    .fetch_all(pool)
    .await?;
    let total = sqlx::query_scalar("select count(*) from read.article_votes where article = $1")
        .bind(article.0)
        .fetch_one(pool)
        .await?;
    Ok((votes, total))
}

/// What somebody says of an article; as it is, part of what is exported about them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct OwnVote {
    /// The article.
    pub article: Uuid,
    /// Whether it helped them.
    pub helpful: bool,
    /// What they say of it.
    pub comment: Option<String>,
    /// When.
    pub voted_at: DateTime<Utc>,
}

/// The votes of `user`, the oldest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_person(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<OwnVote>> {
    sqlx::query_as(
        "select article, helpful, comment, voted_at from read.article_votes where user_id = $1 order by position",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await
}
