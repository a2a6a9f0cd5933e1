//! Another ticket that an answer about one names: where it lives on, or what it is linked with.

use domain::access::Sight;
use domain::id::TicketId;
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::person::TicketName;
use crate::sight;

/// Another ticket, in brief; as it is, part of a response body. Only who sees it is shown it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct OtherTicket {
    /// The identity of its stream.
    pub id: Uuid,
    /// Its id as people write it.
    #[sqlx(rename = "id", try_from = "Uuid")]
    pub ticket_id: TicketName,
    /// Its number.
    pub number: i64,
    /// The problem in a line.
    pub title: String,
    /// Where it stands.
    pub status: String,
}

/// The ticket as another one shows it, if it is within `sight`.
///
/// # Errors
/// The database cannot be reached.
pub async fn find(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    ticket: TicketId,
) -> sqlx::Result<Option<OtherTicket>> {
    let mut query =
        QueryBuilder::new("select t.id, t.number, t.title, t.status from read.ticket_page t where t.id = ");
    query.push_bind(ticket.stream()).push(" and ");
    sight::push(&mut query, sight);
    query.build_query_as().fetch_optional(database).await
}
