//! What people said of tickets that models had looked at: a question to the page of tickets and their history.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// A ticket whose department people agreed with or put right.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Labelled {
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// The department whose work it was in the end.
    pub department: String,
    /// When it was filed.
    pub created_at: DateTime<Utc>,
    /// Whether a person moved it there.
    pub is_corrected: bool,
}

/// The tickets filed since `since` that a person moved to a department, or resolved in the one that they were in: the newest `limit`,
/// oldest first. What is suspected of misuse, was merged or is erased teaches nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn labelled(pool: &PgPool, since: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Labelled>> {
    sqlx::query_as(
        "select * from (
           select p.title, p.description, p.department, p.created_at, moved.is_there as is_corrected
             from read.ticket_page p
            cross join lateral (
              select exists (select from read.ticket_history h
                              where h.ticket = p.id
                                and h.event_type = 'TicketTransferred'
                                and h.actor_kind in ('agent', 'admin')) as is_there) moved
            where p.created_at >= $1
              and p.department is not null
              and not p.misuse_flag
              and p.merged_into is null
              and p.title <> '[erased]'
              and (moved.is_there or p.status in ('resolved', 'closed'))
            order by p.created_at desc, p.id
            limit $2) newest
         order by created_at",
    )
    .bind(since)
    .bind(limit)
    .fetch_all(pool)
    .await
}
