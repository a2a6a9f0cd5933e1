//! Finding tickets in the list: filtered, sorted, a page at a time, with how many there are.

use chrono::{DateTime, Utc};
use domain::access::Sight;
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool, Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::Cursor;
use crate::person::TicketName;
use crate::sight::{Part, parts};

/// A ticket in the list; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct ListedTicket {
    /// The identity of its stream.
    pub id: Uuid,
    /// Its id as people write it.
    #[sqlx(rename = "id", try_from = "Uuid")]
    pub ticket_id: TicketName,
    /// Its number: unique, rising, short.
    pub number: i64,
    /// The problem in a line.
    pub title: String,
    /// How pressing the requester says it is: low, medium, high.
    pub urgency: String,
    /// How many are affected, once judged: low, medium, high.
    pub impact: Option<String>,
    /// What agents work by: low, medium, high, critical.
    pub priority: String,
    /// Where the priority comes from: computed, ai, manual.
    pub priority_source: String,
    /// open, assigned, `in_progress`, `waiting_on_customer`, resolved, closed.
    pub status: String,
    /// The department responsible.
    pub department: Option<String>,
    /// Who filed it.
    #[sqlx(rename = "requester")]
    pub user_id: Uuid,
    /// The name of who filed it.
    pub requester_username: Option<String>,
    /// The agent responsible.
    #[sqlx(rename = "assignee")]
    pub assignee_id: Option<Uuid>,
    /// The name of the agent responsible.
    pub assignee_username: Option<String>,
    /// Whether misuse is suspected.
    pub misuse_flag: bool,
    /// How many events made it; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When it was filed.
    pub created_at: DateTime<Utc>,
    /// When anything last happened on it.
    pub updated_at: DateTime<Utc>,
    /// When it was resolved, unless reopened since.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed, unless reopened since.
    pub closed_at: Option<DateTime<Utc>>,
    /// How many public messages are on it.
    #[sqlx(rename = "messages")]
    pub message_count: i32,
}

/// What lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// When it was filed.
    CreatedAt,
    /// When anything last happened on it.
    UpdatedAt,
    /// How important it is.
    Priority,
    /// Its number.
    Number,
}

impl SortBy {
    /// The words on the wire.
    pub const WORDS: &'static [&'static str] = &["created_at", "updated_at", "priority", "number"];

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "priority" => Self::Priority,
            "number" => Self::Number,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Priority => "priority",
            Self::Number => "number",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Priority => "priority_rank",
            other => other.word(),
        }
    }

    /// Adds `value` as what the column holds.
    fn push_value(self, query: &mut QueryBuilder<Postgres>, value: i64) {
        match self {
            Self::CreatedAt | Self::UpdatedAt => {
                query.push_bind(DateTime::from_timestamp_micros(value).unwrap_or_default());
            }
            Self::Priority | Self::Number => {
                query.push_bind(value);
            }
        }
    }

    fn value(self, ticket: &ListedTicket) -> i64 {
        match self {
            Self::CreatedAt => ticket.created_at.timestamp_micros(),
            Self::UpdatedAt => ticket.updated_at.timestamp_micros(),
            Self::Priority => {
                use domain::ticket::values::Priority;
                ticket.priority.parse::<Priority>().map_or(0, |priority| priority as i64)
            }
            Self::Number => ticket.number,
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

/// The order in words, such as `-priority,created_at`.
#[must_use]
pub fn order_words(order: &[Sort]) -> String {
    let words = order.iter().map(|sort| (if sort.descending { "-" } else { "" }).to_owned() + sort.by.word());
    words.collect::<Vec<_>>().join(",")
}

/// A span of time; each end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From this moment on.
    pub after: Option<DateTime<Utc>>,
    /// Before this moment.
    pub before: Option<DateTime<Utc>>,
}

/// Which tickets. Lists are alternatives; an empty one means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of these statuses.
    pub status: Vec<String>,
    /// Of one of these departments.
    pub department: Vec<String>,
    /// Of one of these priorities.
    pub priority: Vec<String>,
    /// Of one of these urgencies.
    pub urgency: Vec<String>,
    /// Suspected of misuse, or not.
    pub misuse_flag: Option<bool>,
    /// Assigned to one of these.
    pub assignee: Vec<Uuid>,
    /// Assigned to nobody (as an alternative to `assignee`).
    pub unassigned: bool,
    /// Filed by one of these.
    pub requester: Vec<Uuid>,
    /// Filed in this span.
    pub created: Span,
    /// Last changed in this span.
    pub updated: Span,
}

impl Filter {
    /// Whether the counters know the answer: they do not know people and times.
    fn is_counted(&self) -> bool {
        self.assignee.is_empty()
            && !self.unassigned
            && self.requester.is_empty()
            && self.created == Span::default()
            && self.updated == Span::default()
    }

    /// Adds what the counters know: ` and …` for each condition on `t`.
    fn push_counted(&self, query: &mut QueryBuilder<Postgres>, flag: &str) {
        for (column, words) in [
            ("status", &self.status),
            ("department", &self.department),
            ("priority", &self.priority),
            ("urgency", &self.urgency),
        ] {
            if !words.is_empty() {
                query.push(" and t.").push(column).push(" = any(").push_bind(words.clone()).push(")");
            }
        }
        if let Some(flagged) = self.misuse_flag {
            query.push(" and t.misuse_flag").push(flag).push(" = ").push_bind(flagged);
        }
    }

    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_counted(query, "");
        if !self.assignee.is_empty() || self.unassigned {
            query.push(" and (t.assignee = any(").push_bind(self.assignee.clone()).push(")");
            query.push(" or (").push_bind(self.unassigned).push(" and t.assignee is null))");
        }
        if !self.requester.is_empty() {
            query.push(" and t.requester = any(").push_bind(self.requester.clone()).push(")");
        }
        for (column, span) in [("created_at", self.created), ("updated_at", self.updated)] {
            if let Some(after) = span.after {
                query.push(" and t.").push(column).push(" >= ").push_bind(after);
            }
            if let Some(before) = span.before {
                query.push(" and t.").push(column).push(" < ").push_bind(before);
            }
        }
    }
}

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
    sight: &Sight,
    filter: &Filter,
    page: &Page,
) -> sqlx::Result<Vec<ListedTicket>> {
    let mut query = QueryBuilder::new(
        "select p.*, r.username as requester_username, a.username as assignee_username from (select * from (",
    );
    let parts = parts(sight);
    for (number, part) in parts.iter().enumerate() {
        query.push(if number == 0 {
            "(select t.* from read.ticket_list t where "
        } else {
            " union all (select t.* from read.ticket_list t where "
        });
        part.push(&mut query);
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

/// Where the page after `last` begins.
#[must_use]
pub fn cursor_behind(last: &ListedTicket, order: &[Sort]) -> Cursor {
    Cursor {
        order: order_words(order),
        values: order.iter().map(|sort| sort.by.value(last)).collect(),
        id: last.id,
    }
}

/// ` order by …`: ties go by id in the direction of the first key, as the indexes have it.
fn push_order(query: &mut QueryBuilder<Postgres>, table: &str, order: &[Sort]) {
    query.push(" order by ");
    for sort in order {
        query.push(table).push(".").push(sort.by.column());
        query.push(if sort.descending { " desc, " } else { ", " });
    }
    query.push(table).push(".id").push(if descends(order) { " desc" } else { "" });
}

fn descends(order: &[Sort]) -> bool {
    order.first().is_none_or(|sort| sort.descending)
}

/// ` and (…)`: the rows behind the cursor, key by key.
fn push_behind(query: &mut QueryBuilder<Postgres>, order: &[Sort], after: &Cursor) {
    query.push(" and (");
    for end in 0..=order.len() {
        query.push(if end == 0 { "(" } else { " or (" });
        for (sort, value) in order.iter().zip(&after.values).take(end) {
            query.push("t.").push(sort.by.column()).push(" = ");
            sort.by.push_value(query, *value);
            query.push(" and ");
        }
        match order.get(end).zip(after.values.get(end)) {
            Some((sort, value)) => {
                query.push("t.").push(sort.by.column()).push(if sort.descending { " < " } else { " > " });
                sort.by.push_value(query, *value);
            }
            None => {
                query.push("t.id").push(if descends(order) { " < " } else { " > " }).push_bind(after.id);
            }
        }
        query.push(")");
    }
    query.push(")");
}

/// How many tickets there are within `sight`, on whatever page.
///
/// # Errors
/// The database cannot be reached.
pub async fn count(database: impl PgExecutor<'_>, sight: &Sight, filter: &Filter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select (");
    for (number, part) in parts(sight).iter().enumerate() {
        if number > 0 {
            query.push(" + ");
        }
        match part {
            Part::All | Part::Department(_) if filter.is_counted() => {
                query.push("(select coalesce(sum(t.n), 0) from read.ticket_counts t where ");
                part.push(&mut query);
                filter.push_counted(&mut query, "::boolean");
                query.push(")");
            }
            _ => {
                query.push("(select count(*) from read.ticket_list t where ");
                part.push(&mut query);
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
                part.push(&mut query);
            }
            _ => {
                query.push("select t.status, count(*) as n from read.ticket_list t where ");
                part.push(&mut query);
                query.push(" group by t.status");
            }
        }
    }
    query.push(") c group by status order by status");
    query.build_query_as().fetch_all(pool).await
}
