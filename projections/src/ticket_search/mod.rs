//! Finding tickets in the list: filtered, sorted, a page at a time, with how many there are; now or then.
//!
//! | module | what it holds |
//! |---|---|
//! | [`filter`] | which tickets |
//! | [`order`] | in which order, and where a page goes on |
//! | [`when`] | as they are, or as they were |
//! | [`listed`] | what a list shows of a ticket |

mod filter;
mod listed;
mod order;
mod when;

use domain::access::Sight;
use sqlx::{PgExecutor, PgPool, QueryBuilder};

pub use self::filter::{Filter, Span};
pub use self::listed::ListedTicket;
pub use self::order::{Sort, SortBy, cursor_behind, order_words};
use self::order::{push_behind, push_order};
pub use self::when::When;
use crate::cursor::Cursor;
use crate::sight::{Part, parts};

/// Which page.
#[derive(Debug, Clone)]
pub struct Page {
    /// In this order; the id decides ties.
    pub order: Vec<Sort>,
    /// At most this many.
    pub limit: i64,
    /// Leaving out so many from the start.
    pub skip: i64,
    /// Or continuing behind this one.
    pub after: Option<Cursor>,
}

/// The tickets on a page, as far as `sight` sees them.
///
/// # Errors
/// The database cannot be reached.
pub async fn search(
    database: impl PgExecutor<'_>,
    when: When,
    sight: &Sight,
    filter: &Filter,
    page: &Page,
) -> sqlx::Result<Vec<ListedTicket>> {
    let mut query = QueryBuilder::new(
        "select p.*, r.username as requester_username, a.username as assignee_username from (select * from (",
    );
    let parts = parts(sight);
    for (number, part) in parts.iter().enumerate() {
        query.push(if number == 0 { "(select t.* from " } else { " union all (select t.* from " });
        when.push_seen(&mut query, part, sight);
        filter.push(&mut query);
        if let Some(after) = &page.after {
            push_behind(&mut query, &page.order, after);
        }
        push_order(&mut query, "t", &page.order);
        // Numbers in the text, not arguments: a plan made once has to know that a page is short.
        query.push(format!(" limit {})", page.limit + page.skip));
    }
    query.push(") u");
    push_order(&mut query, "u", &page.order);
    query.push(format!(" limit {} offset {}", page.limit, page.skip));
    query.push(
        ") p left join read.user_directory r on r.id = p.requester
             left join read.user_directory a on a.id = p.assignee",
    );
    push_order(&mut query, "p", &page.order);
    query.build_query_as().fetch_all(database).await
}

/// How many tickets there are within `sight`, on whatever page.
///
/// # Errors
/// The database cannot be reached.
pub async fn count(
    database: impl PgExecutor<'_>,
    when: When,
    sight: &Sight,
    filter: &Filter,
) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select (");
    for (number, part) in parts(sight).iter().enumerate() {
        if number > 0 {
            query.push(" + ");
        }
        match part {
            Part::All | Part::Department(_) if when == When::Now && filter.is_counted() => {
                query.push("(select coalesce(sum(t.n), 0) from read.ticket_counts t where ");
                part.push(&mut query, "");
                filter.push_counted(&mut query, "::boolean");
                query.push(")");
            }
            _ => {
                query.push("(select count(*) from ");
                when.push_seen(&mut query, part, sight);
                filter.push(&mut query);
                query.push(")");
            }
        }
    }
    query.push(")::bigint");
    query.build_query_scalar().fetch_one(database).await
}

/// How many tickets are in each status.
///
/// # Errors
/// The database cannot be reached.
pub async fn count_by_status(pool: &PgPool, sight: &Sight) -> sqlx::Result<Vec<(String, i64)>> {
    let mut query = QueryBuilder::new("select status, sum(n)::bigint from (");
    for (number, part) in parts(sight).iter().enumerate() {
        if number > 0 {
            query.push(" union all ");
        }
        match part {
            Part::All | Part::Department(_) => {
                query.push("select t.status, t.n from read.ticket_counts t where ");
                part.push(&mut query, "");
            }
            _ => {
                query.push("select t.status, count(*) as n from read.ticket_list t where ");
                part.push(&mut query, "");
                query.push(" group by t.status");
            }
        }
    }
    query.push(") c group by status order by status");
    query.build_query_as().fetch_all(pool).await
}
