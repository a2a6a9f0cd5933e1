//! What is on the rise: how many new tickets there are by day, building, department and category, and what they are about.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Counters, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

mod counted;

pub use self::counted::{Counted, Place, Sample, Titled, alike, began, counted, samples, titles};

/// The table `counted_tickets`: a row per ticket, with the words that its title has.
pub struct CountedTickets;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct CountedRow {
    id: Uuid,
    day: String,
    number: i64,
    title: String,
    building: Option<Uuid>,
    department: Option<String>,
    category: Option<Uuid>,
    requester: Uuid,
    assignee: Option<Uuid>,
    organization: Option<Uuid>,
    is_counted: bool,
}

impl Table for CountedTickets {
    type Key = Uuid;
    type Row = CountedRow;

    const NAME: &'static str = "counted_tickets";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("day", Kind::Text),
        ("number", Kind::Int8),
        ("title", Kind::Text),
        ("building", Kind::Uuid),
        ("department", Kind::Text),
        ("category", Kind::Uuid),
        ("requester", Kind::Uuid),
        ("assignee", Kind::Uuid),
        ("organization", Kind::Uuid),
        ("is_counted", Kind::Bool),
    ];
    const OWN_ROWS: bool = true;
    const COUNTERS: Option<Counters<CountedRow>> = Some(Counters {
        table: "ticket_days",
        columns: &["day", "building", "department", "category"],
        cell: |row| {
            if !row.is_counted {
                return vec![String::new(); 4];
            }
            let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
            vec![
                row.day.clone(),
                id(row.building),
                row.department.clone().unwrap_or_default(),
                id(row.category),
            ]
        },
    });
    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["title"],
        of: &["TicketCreated", "TicketDetailsEdited"],
        whose: "requester = $1",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        use TicketEvent as E;
        match &event.event {
            Event::Ticket(
                E::TicketCreated { .. }
                | E::TicketDetailsEdited { title: Some(_), .. }
                | E::CategoryChanged { .. }
                | E::BuildingChanged { .. }
                | E::TicketTransferred { .. }
                | E::TicketRouted { .. }
                | E::TicketAssigned { .. }
                | E::TicketUnassigned {}
                | E::TicketFlagged { .. }
                | E::FlagCleared {},
            ) => Some(event.stream),
            _ => None,
        }
    }

    fn fold(row: Option<CountedRow>, recorded: &Recorded) -> anyhow::Result<Option<CountedRow>> {
        use TicketEvent as E;
        let Event::Ticket(event) = &recorded.event else { return Ok(row) };
        if let E::TicketCreated { title, building, department, category, requester, organization, .. } = event
        {
            return Ok(Some(CountedRow {
                id: recorded.stream,
                day: day(recorded.occurred_at),
                number: recorded.position,
                title: title.shown().to_owned(),
                building: building.map(|id| id.0),
                department: department.as_ref().map(ToString::to_string),
                category: category.map(|id| id.0),
                requester: requester.0,
                assignee: None,
                organization: organization.map(|id| id.0),
                is_counted: true,
            }));
        }
        let mut row = row.context("nothing is known of this ticket's creation")?;
        match event {
            E::TicketDetailsEdited { title: Some(title), .. } => title.shown().clone_into(&mut row.title),
            E::CategoryChanged { category } => row.category = category.map(|id| id.0),
            E::BuildingChanged { building } => row.building = building.map(|id| id.0),
            E::TicketTransferred { to, .. } => {
                row.department = Some(to.to_string());
                row.assignee = None;
            }
            E::TicketRouted { department, .. } => {
                row.department = department.as_ref().map(ToString::to_string);
            }
            E::TicketAssigned { agent } => row.assignee = agent.map(|agent| agent.0),
            E::TicketUnassigned {} => row.assignee = None,
            E::TicketFlagged { .. } => row.is_counted = false,
            E::FlagCleared {} => row.is_counted = true,
            _ => {}
        }
        Ok(Some(row))
    }
}

impl Row for CountedRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .text(self.day.as_str())
            .int8(self.number)
            .text(self.title.as_str())
            .uuid(self.building)
            .text(self.department.as_deref())
            .uuid(self.category)
            .uuid(self.requester)
            .uuid(self.assignee)
            .uuid(self.organization)
            .bool(self.is_counted);
    }
}

/// The day of a moment, in UTC: days in this form sort as text.
fn day(at: DateTime<Utc>) -> String {
    at.date_naive().to_string()
}
