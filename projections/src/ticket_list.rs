//! The list of tickets: a row per ticket with what lists show, filter and sort by, and counters beside it.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Counters, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

use crate::facts::Facts;
use crate::followers;
use crate::labels;

/// The table `ticket_list`.
pub struct TicketList;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ListRow {
    pub(crate) id: Uuid,
    number: i64,
    title: String,
    #[sqlx(flatten)]
    facts: Facts,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    messages: i32,
    followers: String,
}

impl Table for TicketList {
    type Key = Uuid;
    type Row = ListRow;

    const NAME: &'static str = "ticket_list";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("number", Kind::Int8),
        ("title", Kind::Text),
        ("urgency", Kind::Text),
        ("impact", Kind::Text),
        ("priority", Kind::Text),
        ("priority_rank", Kind::Int2),
        ("priority_source", Kind::Text),
        ("status", Kind::Text),
        ("department", Kind::Text),
        ("requester", Kind::Uuid),
        ("assignee", Kind::Uuid),
        ("misuse_flag", Kind::Bool),
        ("version", Kind::Int4),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
        ("resolved_at", Kind::Timestamp),
        ("closed_at", Kind::Timestamp),
        ("messages", Kind::Int4),
        labels::COLUMNS[0],
        labels::COLUMNS[1],
        labels::COLUMNS[2],
        labels::COLUMNS[3],
        labels::COLUMNS[4],
        ("followers", Kind::Text),
    ];
    const OWN_ROWS: bool = true;
    const COUNTERS: Option<Counters<ListRow>> = Some(Counters {
        table: "ticket_counts",
        columns: &["department", "status", "priority", "urgency", "misuse_flag"],
        cell: |row| {
            let facts = &row.facts;
            vec![
                facts.department.clone().unwrap_or_default(),
                facts.status.clone(),
                facts.priority.clone(),
                facts.urgency.clone(),
                facts.misuse_flag.to_string(),
            ]
        },
    });

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["title"],
        of: &["TicketCreated", "TicketDetailsEdited"],
        whose: "requester = $1",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Ticket(_)
            | Event::Conversation(
                ConversationEvent::MessagePosted { .. } | ConversationEvent::MessageMovedIn { .. },
            ) => Some(TicketId::of_stream(event.stream).stream()),
            Event::Unknown(_) => Some(event.stream),
            _ => None,
        }
    }

    fn fold(row: Option<ListRow>, recorded: &Recorded) -> anyhow::Result<Option<ListRow>> {
        match &recorded.event {
            Event::Ticket(event @ TicketEvent::TicketCreated { title, .. }) => Ok(Some(ListRow {
                id: recorded.stream,
                number: recorded.position,
                title: title.shown().to_owned(),
                facts: Facts::created(event).context("a creation")?,
                version: recorded.version,
                created_at: recorded.occurred_at,
                updated_at: recorded.occurred_at,
                messages: 0,
                followers: ",".to_owned(),
            })),
            Event::Ticket(event) => {
                let mut row = row.context("nothing is known of this ticket's creation")?;
                row.facts.apply(event);
                if let Some(followers) = followers::after(&row.followers, event) {
                    row.followers = followers;
                }
                if let TicketEvent::TicketDetailsEdited { title: Some(title), .. } = event {
                    title.shown().clone_into(&mut row.title);
                }
                row.version = recorded.version;
                row.updated_at = recorded.occurred_at;
                Ok(Some(row))
            }
            Event::Conversation(
                message @ (ConversationEvent::MessagePosted { is_internal, .. }
                | ConversationEvent::MessageMovedIn { is_internal, .. }),
            ) => {
                let mut row = row.context("nothing is known of this ticket's creation")?;
                row.messages += i32::from(!is_internal && !message.is_return());
                row.updated_at = recorded.occurred_at;
                Ok(Some(row))
            }
            // It changes nothing here, yet the ticket's version counts it.
            Event::Unknown(_) => Ok(row.map(|row| ListRow {
                version: recorded.version,
                updated_at: recorded.occurred_at,
                ..row
            })),
            _ => Ok(row),
        }
    }
}

impl Row for ListRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        self.cells_behind_id(cells.uuid(self.id));
    }
}

impl ListRow {
    /// All cells but the first.
    pub(crate) fn cells_behind_id(&self, cells: &mut Cells<'_>) {
        let facts = &self.facts;
        cells
            .int8(self.number)
            .text(self.title.as_str())
            .text(facts.urgency.as_str())
            .text(facts.impact.as_deref())
            .text(facts.priority.as_str())
            .int2(facts.priority_rank())
            .text(facts.priority_source.as_str())
            .text(facts.status.as_str())
            .text(facts.department.as_deref())
            .uuid(facts.requester)
            .uuid(facts.assignee)
            .bool(facts.misuse_flag)
            .int4(self.version)
            .timestamp(self.created_at)
            .timestamp(self.updated_at)
            .timestamp(facts.resolved_at)
            .timestamp(facts.closed_at)
            .int4(self.messages);
        facts.labels.cells(cells);
        cells.text(self.followers.as_str());
    }
}
