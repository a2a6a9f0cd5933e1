//! In which order, and where a page goes on.

use chrono::DateTime;
use sqlx::{Postgres, QueryBuilder};

use super::ListedTicket;
use crate::cursor::Cursor;

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
pub(super) fn push_order(query: &mut QueryBuilder<Postgres>, table: &str, order: &[Sort]) {
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
pub(super) fn push_behind(query: &mut QueryBuilder<Postgres>, order: &[Sort], after: &Cursor) {
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
