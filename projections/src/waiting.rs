//! The tickets that wait for an agent, oldest first: a question to the list of tickets.

use chrono::{DateTime, Utc};
use domain::access::Department;
use domain::id::TicketId;
use sqlx::PgPool;
use uuid::Uuid;

/// A ticket that waits for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub ticket: TicketId,
    /// Whose work it is.
    pub department: Department,
    /// Since when it is there, and its number: in this order they wait.
    pub since: (DateTime<Utc>, i64),
}

/// The tickets of `departments` that wait for an agent, those behind `behind` if it is given. What is held back does not wait.
///
/// # Errors
/// The database cannot be reached.
pub async fn waiting(
    pool: &PgPool,
    departments: &[Department],
    behind: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> sqlx::Result<Vec<Waiting>> {
    let codes: Vec<&str> = departments.iter().map(Department::as_str).collect();
    let (since, number) = behind.unzip();
    let rows: Vec<(Uuid, String, DateTime<Utc>, i64)> = sqlx::query_as(
        "select id, department, created_at, number
           from read.ticket_list
          where department = any($1)
            and assignee is null
            and status in ('open', 'assigned')
            and not misuse_flag
            and ($2::timestamptz is null or (created_at, number) > ($2, $3))
          order by created_at, number
          limit $4",
    )
    .bind(codes)
    .bind(since)
    .bind(number)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let known = rows.into_iter().filter_map(|(id, department, created_at, number)| {
        let ticket = TicketId::of_stream(id);
        Some(Waiting { ticket, department: department.parse().ok()?, since: (created_at, number) })
    });
    Ok(known.collect())
}
