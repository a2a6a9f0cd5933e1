//! Which tickets live on in which other ones, now and before.

use domain::access::Sight;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Kind, Row, Table};
use sqlx::{FromRow, PgExecutor, QueryBuilder};
use uuid::Uuid;

use crate::other_ticket::OtherTicket;
use crate::sight;

/// The table `ticket_merges`, with every state.
pub struct Merges;

/// A row of the table: where a ticket lives on from `position` on.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MergeRow {
    id: Uuid,
    position: i64,
    merged_into: Option<Uuid>,
}

impl Table for Merges {
    type Key = Uuid;
    type Row = MergeRow;

    const NAME: &'static str = "ticket_merges";
    const COLUMNS: &'static [(&'static str, Kind)] =
        &[("id", Kind::Uuid), ("position", Kind::Int8), ("merged_into", Kind::Uuid)];
    const VERSIONED: bool = true;
    const OWN_ROWS: bool = true;

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Ticket(TicketEvent::TicketMerged { .. } | TicketEvent::TicketUnmerged { .. }) => {
                Some(event.stream)
            }
            _ => None,
        }
    }

    fn fold(row: Option<MergeRow>, recorded: &Recorded) -> anyhow::Result<Option<MergeRow>> {
        let merged_into = match &recorded.event {
            Event::Ticket(TicketEvent::TicketMerged { into, .. }) => Some(into.stream()),
            Event::Ticket(TicketEvent::TicketUnmerged { .. }) => None,
            _ => return Ok(row),
        };
        Ok(Some(MergeRow { id: recorded.stream, position: recorded.position, merged_into }))
    }
}

impl Row for MergeRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells.uuid(self.id).int8(self.position).uuid(self.merged_into);
    }
}

/// The tickets that lived on in `ticket` at position `at` of the log, or do now, as far as they are within `sight`; the oldest
/// first.
///
/// # Errors
/// The database cannot be reached.
pub async fn into_ticket(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    ticket: TicketId,
    at: Option<i64>,
) -> sqlx::Result<Vec<OtherTicket>> {
    let mut query = QueryBuilder::new(
        "select t.id, t.number, t.title, t.status
           from read.ticket_page t
          where t.id in (select m.id from read.ticket_merges m where m.merged_into = ",
    );
    query.push_bind(ticket.stream());
    query.push(
        ") and (select m.merged_into from read.ticket_merges m
                 where m.id = t.id and m.position <= ",
    );
    query.push_bind(at.unwrap_or(i64::MAX));
    query.push(" order by m.position desc limit 1) = ").push_bind(ticket.stream()).push(" and ");
    sight::push(&mut query, sight);
    query.push(" order by t.number").build_query_as().fetch_all(database).await
}

/// The ticket in which `ticket` lives on now, if it does and that is within `sight`.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_ticket(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    ticket: TicketId,
) -> sqlx::Result<Option<OtherTicket>> {
    let mut query = QueryBuilder::new(
        "select t.id, t.number, t.title, t.status
           from read.ticket_page t
          where t.id = (select merged.merged_into from read.ticket_page merged where merged.id = ",
    );
    query.push_bind(ticket.stream()).push(") and ");
    sight::push(&mut query, sight);
    query.build_query_as().fetch_optional(database).await
}
