//! How much there is about a person: what erasing them destroys.

use domain::id::UserId;
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;

/// How much there is about a person; as it is, part of a response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, FromRow)]
pub struct Holdings {
    /// Tickets they filed, whose texts go.
    #[schema(example = 12)]
    pub tickets: i64,
    /// Those of them that are not closed or resolved. They stay, without their texts.
    #[schema(example = 1)]
    pub open_tickets: i64,
    /// Messages on their tickets, whoever wrote them.
    #[schema(example = 40)]
    pub messages: i64,
    /// Tickets of others that are assigned to them. Those that are active go back into the queues.
    #[schema(example = 0)]
    pub assigned_tickets: i64,
}

/// How much there is about `user`.
///
/// # Errors
/// The database cannot be reached.
pub async fn of(pool: &PgPool, user: UserId) -> sqlx::Result<Holdings> {
    sqlx::query_as(
        "select count(*) as tickets,
                count(*) filter (where status not in ('resolved', 'closed')) as open_tickets,
                (select count(*) from read.ticket_messages m
                  where m.ticket in (select id from read.ticket_page where requester = $1)) as messages,
                (select count(*) from read.ticket_list where assignee = $1 and requester <> $1)
                  as assigned_tickets
           from read.ticket_list
          where requester = $1",
    )
    .bind(user.0)
    .fetch_one(pool)
    .await
}
