//! What tickets are linked with.

use chrono::{DateTime, Utc};
use domain::access::Sight;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::word;
use crate::other_ticket::OtherTicket;
use crate::person::TicketName;
use crate::sight;

/// The table `ticket_links`: a link between tickets has a row for each of the two.
pub struct Links;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct LinkRow {
    id: String,
    ticket: Uuid,
    link: Uuid,
    position: i64,
    kind: String,
    other: Option<Uuid>,
    url: Option<String>,
    actor: Option<Uuid>,
    created_at: DateTime<Utc>,
}

fn id(ticket: Uuid, link: Uuid) -> String {
    format!("{}.{}", ticket.simple(), link.simple())
}

impl Table for Links {
    type Key = String;
    type Row = LinkRow;

    const NAME: &'static str = "ticket_links";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Text),
        ("ticket", Kind::Uuid),
        ("link", Kind::Uuid),
        ("position", Kind::Int8),
        ("kind", Kind::Text),
        ("other", Kind::Uuid),
        ("url", Kind::Text),
        ("actor", Kind::Uuid),
        ("created_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["url"],
        of: &["TicketLinked"],
        whose: "url is not null and ticket in (select id from read.ticket_page where requester = $1)",
    });

    fn key(event: &Recorded) -> Option<String> {
        match &event.event {
            Event::Ticket(
                TicketEvent::TicketLinked { link, .. } | TicketEvent::TicketUnlinked { link, .. },
            ) => Some(id(event.stream, link.0)),
            _ => None,
        }
    }

    fn fold(row: Option<LinkRow>, recorded: &Recorded) -> anyhow::Result<Option<LinkRow>> {
        Ok(match &recorded.event {
            Event::Ticket(TicketEvent::TicketLinked { link, kind, to, url }) => Some(LinkRow {
                id: id(recorded.stream, link.0),
                ticket: recorded.stream,
                link: link.0,
                position: recorded.position,
                kind: word(*kind),
                other: to.map(TicketId::stream),
                url: url.as_ref().map(|url| Sealed::shown(url).to_owned()),
                actor: recorded.actor.id,
                created_at: recorded.occurred_at,
            }),
            Event::Ticket(TicketEvent::TicketUnlinked { .. }) => None,
            _ => row,
        })
    }
}

impl Row for LinkRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .text(self.id.as_str())
            .uuid(self.ticket)
            .uuid(self.link)
            .int8(self.position)
            .text(self.kind.as_str())
            .uuid(self.other)
            .text(self.url.as_deref())
            .uuid(self.actor)
            .timestamp(self.created_at);
    }
}

/// A link of a ticket; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TicketLink {
    /// Its identity, the same on both tickets.
    pub id: Uuid,
    /// What this ticket is to the other one: relates, duplicates, `duplicated_by`, blocks, `blocked_by`; `parent` and `child` say
    /// what the other one is; external.
    #[serde(rename = "type")]
    pub kind: String,
    /// The other ticket; null for an address.
    pub ticket: Option<OtherTicket>,
    /// The address; null for a ticket.
    pub url: Option<String>,
    /// Who linked them; none for the desk itself.
    pub created_by: Option<Uuid>,
    /// The name of who linked them.
    pub created_by_username: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Found {
    link: Uuid,
    kind: String,
    url: Option<String>,
    actor: Option<Uuid>,
    username: Option<String>,
    created_at: DateTime<Utc>,
    other: Option<Uuid>,
    number: Option<i64>,
    title: Option<String>,
    status: Option<String>,
}

impl From<Found> for TicketLink {
    fn from(found: Found) -> Self {
        let ticket = found.other.map(|id| OtherTicket {
            id,
            ticket_id: TicketName::from(id),
            number: found.number.unwrap_or_default(),
            title: found.title.unwrap_or_default(),
            status: found.status.unwrap_or_default(),
        });
        Self {
            id: found.link,
            kind: found.kind,
            ticket,
            url: found.url,
            created_by: found.actor,
            created_by_username: found.username,
            created_at: found.created_at,
        }
    }
}

/// The links of a ticket, the oldest first; of those with other tickets, those with tickets within `sight`. That the reader works
/// on the ticket was decided before.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_ticket(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    ticket: TicketId,
) -> sqlx::Result<Vec<TicketLink>> {
    let mut query = QueryBuilder::new(
        "select l.link, l.kind, l.url, l.actor, u.username, l.created_at, l.other, t.number, t.title, t.status
           from read.ticket_links l
           left join read.user_directory u on u.id = l.actor
           left join read.ticket_page t on t.id = l.other
          where l.ticket = ",
    );
    query.push_bind(ticket.stream()).push(" and (l.other is null or (t.id is not null and ");
    sight::push(&mut query, sight);
    query.push(")) order by l.position, l.link");
    let found: Vec<Found> = query.build_query_as().fetch_all(database).await?;
    Ok(found.into_iter().map(TicketLink::from).collect())
}
