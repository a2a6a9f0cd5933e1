//! What people said of tickets that models had looked at: a question to the page of tickets and their history.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// A ticket whose department or category people agreed with or put right.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Labelled {
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// The department whose work it was in the end.
    pub department: String,
    /// The code of the category that it was of in the end, as long as that can be chosen.
    pub category: Option<String>,
    /// What that category is called.
    pub category_name: Option<String>,
    /// When it was filed.
    pub created_at: DateTime<Utc>,
    /// Whether it is done: whoever resolved it left it where it was.
    pub is_done: bool,
    /// Whether a person moved it to its department.
    pub is_corrected: bool,
    /// Whether a person of staff gave it its category.
    pub is_recategorised: bool,
}

/// The tickets filed since `since` that a person moved to a department or gave a category, or resolved as they were: the newest
/// `limit`, oldest first. What is suspected of misuse, was merged or is erased teaches nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn labelled(pool: &PgPool, since: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Labelled>> {
    sqlx::query_as(
        "select * from (
           select p.title, p.description, p.department, c.code as category, c.name as category_name, p.created_at,
                  p.status in ('resolved', 'closed') as is_done, said.is_corrected, said.is_recategorised
             from read.ticket_page p
             left join read.catalogue c on c.id = p.category and not c.is_removed and c.is_active
            cross join lateral (
              select coalesce(bool_or(h.event_type = 'TicketTransferred'), false) as is_corrected,
                     coalesce(bool_or(h.event_type = 'CategoryChanged'), false) as is_recategorised
                from read.ticket_history h
               where h.ticket = p.id
                 and h.event_type in ('TicketTransferred', 'CategoryChanged')
                 and h.actor_kind in ('agent', 'admin')) said
            where p.created_at >= $1
              and p.department is not null
              and not p.misuse_flag
              and p.merged_into is null
              and p.title <> '[erased]'
              and (said.is_corrected
                   or said.is_recategorised and c.code is not null
                   or p.status in ('resolved', 'closed'))
            order by p.created_at desc, p.id
            limit $2) newest
         order by created_at",
    )
    .bind(since)
    .bind(limit)
    .fetch_all(pool)
    .await
}
