//! Articles by the words in them.

use domain::knowledge::Readership;
use serde::Serialize;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};
use utoipa::ToSchema;

use super::find::Filter;
use super::seen;
use super::shown::{COUNTS, EFFECTIVENESS, LISTED, ListedArticle};

/// Where a word that was found begins and ends, while it is in the database: characters that no article holds when it is
/// shown there. In answers they are `<mark>` and `</mark>`, everything else escaped.
const BEGINS: char = '\u{e000}';
const ENDS: char = '\u{e001}';

/// What was found; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct FoundArticle {
    /// The article.
    #[sqlx(flatten)]
    #[serde(flatten)]
    #[schema(inline)]
    pub article: ListedArticle,
    /// How well it fits; the greater, the better.
    pub rank: f32,
    /// The title as HTML, the words that were found in `<mark>`.
    #[sqlx(try_from = "String")]
    #[schema(value_type = String, example = "Connect from home with the <mark>VPN</mark>")]
    pub title_highlight: Marked,
    /// The places of the text where they were found, as HTML.
    #[sqlx(try_from = "String")]
    #[schema(value_type = String, example = "Start the <mark>VPN</mark> client and sign in.")]
    pub highlight: Marked,
}

/// Text as HTML that holds nothing but `<mark>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Marked(String);

impl From<String> for Marked {
    fn from(text: String) -> Self {
        let mut html = String::with_capacity(text.len() + 32);
        for c in text.chars() {
            match c {
                BEGINS => html.push_str("<mark>"),
                ENDS => html.push_str("</mark>"),
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                c => html.push(c),
            }
        }
        Self(html)
    }
}

/// A page of the articles that are there for `readers` and hold what `q` asks for, the best first, and how many there are.
/// Words have to be there, all of them; `"in quotation marks"` beside each other; after `-` not at all; `or` stands between
/// alternatives. What stands in the title weighs more than tags, and those more than the text.
///
/// # Errors
/// The database cannot be reached.
pub async fn search(
    pool: &PgPool,
    readers: Readership,
    q: &str,
    filter: &Filter,
    (limit, skip): (i64, i64),
) -> sqlx::Result<(Vec<FoundArticle>, i64)> {
    let mut query = QueryBuilder::new("with q as (select websearch_to_tsquery('english', ");
    query.push_bind(q.to_owned()).push(") as q), found as materialized (select a.id,");
    query.push(" ts_rank_cd('{0.1, 0.2, 0.5, 1.0}', a.words, q.q, 1) as rank from read.articles a, q where ");
    push_found(&mut query, readers, filter);
    query.push(" order by rank desc, a.id limit ").push_bind(limit).push(" offset ").push_bind(skip);
    query
        .push(") select ")
        .push(LISTED)
        .push(", f.rank, ")
        .push(EFFECTIVENESS)
        .push(" as effectiveness_score");
    // Any of the words is marked: not all of them have to stand in the title, or in the text.
    for (column, name, options) in [
        ("title", "title_highlight", "HighlightAll=true"),
        ("content", "highlight", "MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=\" … \""),
    ] {
        query.push(format!(", ts_headline('english', translate(a.{column}, '{BEGINS}{ENDS}', ''), "));
        query.push("replace(q.q::text, ' & ', ' | ')::tsquery, ");
        query.push_bind(format!("StartSel=\"{BEGINS}\", StopSel=\"{ENDS}\", {options}"));
        query.push(") as ").push(name);
    }
    query.push(" from found f cross join q join read.articles a on a.id = f.id ").push(COUNTS);
    query.push(" order by f.rank desc, a.id");
    let found = query.build_query_as().fetch_all(pool).await?;
    let mut query =
        QueryBuilder::new("select count(*) from read.articles a, websearch_to_tsquery('english', ");
    query.push_bind(q.to_owned()).push(") as q(q) where ");
    push_found(&mut query, readers, filter);
    let total = query.build_query_scalar().fetch_one(pool).await?;
    Ok((found, total))
}

fn push_found(query: &mut QueryBuilder<Postgres>, readers: Readership, filter: &Filter) {
    query.push(seen(readers)).push(" and a.words @@ q.q");
    filter.push(query);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_highlight_holds_nothing_but_marks() {
        let marked = Marked::from(format!("<b>{BEGINS}VPN{ENDS}</b> & \"more\" 'of' it"));
        assert_eq!(marked.0, "&lt;b&gt;<mark>VPN</mark>&lt;/b&gt; &amp; &quot;more&quot; &#39;of&#39; it");
    }
}
