//! Whose tickets there are to look through: questions to the list of tickets.

use chrono::{DateTime, Utc};
use domain::id::{TicketId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

/// The requesters who have tickets of between `from` and `until`, in the order of their ids: those behind `behind` if it is
/// given, and only `user` if they are. Staff and programs are none.
///
/// # Errors
/// The database cannot be reached.
pub async fn filers(
    pool: &PgPool,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    behind: Option<Uuid>,
    user: Option<UserId>,
) -> sqlx::Result<Vec<UserId>> {
    let users: Vec<Uuid> = sqlx::query_scalar(
        "select u.id
           from read.user_directory u
          where u.role = 'user'
            and not u.is_service
            and ($3::uuid is null or u.id > $3)
            and ($4::uuid is null or u.id = $4)
            and u.id in (select t.requester from read.ticket_list t where t.created_at >= $1 and t.created_at < $2)
          order by u.id",
    )
    .bind(from)
    .bind(until)
    .bind(behind)
    .bind(user.map(|user| user.0))
    .fetch_all(pool)
    .await?;
    Ok(users.into_iter().map(UserId).collect())
}

/// The tickets of `user` of between `from` and `until`, the newest first, at most `limit`.
///
/// # Errors
/// The database cannot be reached.
pub async fn filed_by(
    pool: &PgPool,
    user: UserId,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> sqlx::Result<Vec<TicketId>> {
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "select id
           from read.ticket_list
          where requester = $1 and created_at >= $2 and created_at < $3
          order by created_at desc, id desc
          limit $4",
    )
    .bind(user.0)
    .bind(from)
    .bind(until)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(tickets.into_iter().map(TicketId::of_stream).collect())
}
