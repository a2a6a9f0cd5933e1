//! Which articles, in which order; one article.

use domain::id::ArticleId;
use domain::knowledge::Readership;
use domain::knowledge::values::DocumentId;
use sqlx::{AssertSqlSafe, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::seen;
use super::shown::{COUNTS, EFFECTIVENESS, FullArticle, LISTED, ListedArticle};

/// Which articles. Lists are alternatives; an empty one means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one of these categories.
    pub category: Vec<String>,
    /// Kept by one of these departments.
    pub department: Vec<String>,
    /// Marked with one of these tags.
    pub tag: Vec<String>,
    /// In one of these statuses.
    pub status: Vec<String>,
    /// For one of these circles.
    pub visibility: Vec<String>,
}

impl Filter {
    /// Adds ` and …` for each condition on the article `a`.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        for (column, words) in [
            ("category", &self.category),
            ("department", &self.department),
            ("status", &self.status),
            ("visibility", &self.visibility),
        ] {
            if !words.is_empty() {
                query.push(" and a.").push(column).push(" = any(").push_bind(words.clone()).push(")");
            }
        }
        if !self.tag.is_empty() {
            query.push(" and string_to_array(a.tags, ',') && ").push_bind(self.tag.clone());
        }
    }
}

/// What lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// The title.
    Title,
    /// When it was written.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// How often it was looked at.
    ViewCount,
    /// How often it was quoted.
    UsageCount,
    /// How useful it is; those of which nothing is known come last.
    EffectivenessScore,
}

impl SortBy {
    /// The words on the wire.
    pub const WORDS: &'static [&'static str] =
        &["title", "created_at", "updated_at", "view_count", "usage_count", "effectiveness_score"];

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "title" => Self::Title,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "view_count" => Self::ViewCount,
            "usage_count" => Self::UsageCount,
            "effectiveness_score" => Self::EffectivenessScore,
            _ => return None,
        })
    }

    fn expression(self) -> &'static str {
        match self {
            Self::Title => "lower(a.title)",
            Self::CreatedAt => "a.created_at",
            Self::UpdatedAt => "a.updated_at",
            Self::ViewCount => "c.view_count",
            Self::UsageCount => "c.usage_count",
            Self::EffectivenessScore => EFFECTIVENESS,
        }
    }
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// A page of the articles that are there for `readers`, and how many there are in all.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    readers: Readership,
    filter: &Filter,
    order: &[Sort],
    (limit, skip): (i64, i64),
) -> sqlx::Result<(Vec<ListedArticle>, i64)> {
    let mut query = QueryBuilder::new("select ");
    query.push(LISTED).push(", ").push(EFFECTIVENESS).push(" as effectiveness_score from read.articles a ");
    query.push(COUNTS).push(" where ").push(seen(readers));
    filter.push(&mut query);
    query.push(" order by ");
    for sort in order {
        query.push(sort.by.expression()).push(if sort.descending {
            " desc nulls last, "
        } else {
            " nulls last, "
        });
    }
    query.push("a.id limit ").push_bind(limit).push(" offset ").push_bind(skip);
    let articles = query.build_query_as().fetch_all(pool).await?;
    let mut query = QueryBuilder::new("select count(*) from read.articles a where ");
    query.push(seen(readers));
    filter.push(&mut query);
    let total = query.build_query_scalar().fetch_one(pool).await?;
    Ok((articles, total))
}

/// The article that is called `name`, by its identity or else its document id, if it is there for `readers`.
///
/// # Errors
/// The database cannot be reached.
pub async fn id_of(pool: &PgPool, readers: Readership, name: &str) -> sqlx::Result<Option<ArticleId>> {
    let (id, document) = (Uuid::try_parse(name).ok(), name.parse::<DocumentId>().ok());
    if id.is_none() && document.is_none() {
        return Ok(None);
    }
    let query = format!(
        "select a.id from read.articles a where (a.id = $1 or a.document_id = $2) and {}
          order by a.id = $1 desc nulls last limit 1",
        seen(readers)
    );
    let id: Option<Uuid> = sqlx::query_scalar(AssertSqlSafe(query))
        .bind(id)
        .bind(document.map(String::from))
        .fetch_optional(pool)
        .await?;
    Ok(id.map(ArticleId))
}

/// One article in full, if it is there for `readers`.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, readers: Readership, id: ArticleId) -> sqlx::Result<Option<FullArticle>> {
    let query = format!(
        "select {LISTED}, a.content, {EFFECTIVENESS} as effectiveness_score
           from read.articles a {COUNTS} where a.id = $1 and {}",
        seen(readers)
    );
    sqlx::query_as(AssertSqlSafe(query)).bind(id.0).fetch_optional(pool).await
}
