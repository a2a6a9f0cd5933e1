//! All published articles, for whoever keeps an index of their own in memory, and whether it is fresh.

use domain::knowledge::Readership;
use infrastructure::projection::Table as _;
use sqlx::{AssertSqlSafe, PgPool};

use super::shown::IndexedArticle;
use super::{ArticleRow, Articles, seen};

/// The published articles that are there for `readers`, by their document ids: those for all, and for staff the internal ones,
/// too. A draft or an archived article is never among them.
///
/// # Errors
/// The database cannot be reached.
pub async fn published(pool: &PgPool, readers: Readership) -> sqlx::Result<Vec<IndexedArticle>> {
    let columns: Vec<&str> = Articles::COLUMNS.iter().map(|(name, _)| *name).collect();
    let query = format!(
        "select {} from read.articles a where a.status = 'published' and {} order by a.document_id",
        columns.join(", "),
        seen(readers)
    );
    let rows: Vec<ArticleRow> = sqlx::query_as(AssertSqlSafe(query)).fetch_all(pool).await?;
    Ok(rows.into_iter().map(IndexedArticle::from).collect())
}

/// The position of the newest change of any article; 0 if there was none. As long as it is the same, so is what
/// [`published`] gives. Ask for it before the articles: whoever gets newer ones under an older mark asks once more than needed.
///
/// # Errors
/// The database cannot be reached.
pub async fn changed_at(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(position), 0) from read.articles").fetch_one(pool).await
}
