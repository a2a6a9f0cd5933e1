//! What answers say of an article.

use chrono::{DateTime, Utc};
use domain::knowledge::values::{ArticleCategory, ArticleStatus, Visibility};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ArticleRow;
use crate::in_column::{InColumn, parts};

/// How useful an article is, between 0 and 1, or null while nobody said or showed anything of it.
///
/// The lower bound of the Wilson interval (95 %, z = 1.96) for the share of those whom it helped: of few votes less is
/// believed than of many. A helpful vote is one for it, another vote one against it; being quoted is a weak sign, of which ten
/// weigh as much as one helpful vote. With h votes for it of n, and u uses: p = (h + u/10) / (n + u/10), m = n + u/10, and
/// the score is (p + z²/2m − z √(p (1−p)/m + z²/4m²)) / (1 + z²/m). It is computed whenever it is asked for and stored nowhere.
pub(crate) const EFFECTIVENESS: &str = "(select case when m > 0 then
     (p + 3.8416 / (2 * m) - 1.96 * sqrt(p * (1 - p) / m + 3.8416 / (4 * m * m))) / (1 + 3.8416 / m) end
     from (select (h + u / 10.0)::float8 / nullif(n + u / 10.0, 0)::float8 as p, (n + u / 10.0)::float8 as m
             from (select c.helpful_count as h, c.helpful_count + c.not_helpful_count as n, c.usage_count as u) f) s)";

/// What is counted about the article `a`, as a lateral join.
pub(crate) const COUNTS: &str = "cross join lateral (select
     coalesce((select n from read.article_vote_counts where article = a.id::text and helpful = 'true'), 0)
       as helpful_count,
     coalesce((select n from read.article_vote_counts where article = a.id::text and helpful = 'false'), 0)
       as not_helpful_count,
     coalesce((select views from desk.article_views where article = a.id), 0) as view_count,
     coalesce((select uses from read.article_uses where article = a.id), 0) as usage_count) c";

/// The columns of [`ListedArticle`], of `a` joined with [`COUNTS`].
pub(crate) const LISTED: &str =
    "a.id, a.document_id, a.title, a.category, a.department, a.tags, a.visibility, a.status,
     a.version, a.created_at, a.updated_at, a.published_at, a.archived_at,
     c.helpful_count, c.not_helpful_count, c.view_count, c.usage_count";

/// An article in a list; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct ListedArticle {
    /// Its identity.
    pub id: Uuid,
    /// Its name in addresses.
    #[schema(example = "vpn-from-home")]
    pub document_id: String,
    /// What it is about, in a line.
    #[schema(example = "Connect from home with the VPN")]
    pub title: String,
    /// IT, HR or General.
    #[schema(value_type = ArticleCategory, example = "IT")]
    pub category: String,
    /// The department that keeps it.
    #[schema(example = "IT")]
    pub department: Option<String>,
    /// The words it is marked with.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<String>, example = json!(["vpn"]))]
    pub tags: InColumn<String>,
    /// public or internal.
    #[schema(value_type = Visibility, example = "public")]
    pub visibility: String,
    /// draft, published or archived.
    #[schema(value_type = ArticleStatus, example = "published")]
    pub status: String,
    /// How many found it helpful.
    pub helpful_count: i64,
    /// How many did not.
    pub not_helpful_count: i64,
    /// How often it was looked at.
    pub view_count: i64,
    /// How often it was quoted in an answer, a draft or by the chatbot.
    pub usage_count: i64,
    /// How useful it is, between 0 and 1: the lower bound of the Wilson interval of the votes, where ten uses count as one
    /// helpful vote; null while there is neither.
    pub effectiveness_score: Option<f64>,
    /// How many events made it; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was last published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was archived, if it is.
    pub archived_at: Option<DateTime<Utc>>,
}

/// An article in full; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct FullArticle {
    /// What lists show of it.
    #[sqlx(flatten)]
    #[serde(flatten)]
    #[schema(inline)]
    pub listed: ListedArticle,
    /// What it says, in Markdown. It may hold HTML: show it as text, or cleaned.
    pub content: String,
}

impl FullArticle {
    /// The same article as `row` has it: as it was, with what is counted now.
    #[must_use]
    pub fn as_it_was(self, row: ArticleRow) -> Self {
        let listed = ListedArticle {
            title: row.title,
            category: row.category,
            department: row.department,
            tags: InColumn::from(row.tags),
            visibility: row.visibility,
            status: row.status,
            version: row.version,
            updated_at: row.updated_at,
            published_at: row.published_at,
            archived_at: row.archived_at,
            ..self.listed
        };
        Self { listed, content: row.content }
    }
}

/// An article's text for whoever keeps an index of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedArticle {
    /// Its identity.
    pub id: Uuid,
    /// Its name in addresses.
    pub document_id: String,
    /// What it is about, in a line.
    pub title: String,
    /// The words it is marked with.
    pub tags: Vec<String>,
    /// What it says, in Markdown.
    pub content: String,
    /// public or internal.
    pub visibility: String,
    /// How many events made it.
    pub version: i32,
}

impl From<ArticleRow> for IndexedArticle {
    fn from(row: ArticleRow) -> Self {
        Self {
            id: row.id,
            document_id: row.document_id,
            title: row.title,
            tags: parts(&row.tags),
            content: row.content,
            visibility: row.visibility,
            version: row.version,
        }
    }
}
