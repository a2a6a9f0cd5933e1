//! Every state that a ticket in the list was ever in, so that the list can be shown as of any position.

use domain::event::Recorded;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

use crate::ticket_list::{ListRow, TicketList};

/// The table `ticket_past`: [`TicketList`], with every state of every row.
pub struct TicketPast;

/// A row of the table: a ticket as it was from `position` on, up to its next row.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct PastRow {
    position: i64,
    #[sqlx(flatten)]
    ticket: ListRow,
}

const WIDTH: usize = TicketList::COLUMNS.len() + 1;

/// The columns of the list, the position behind the id.
const fn columns() -> [(&'static str, Kind); WIDTH] {
    let mut columns = [("position", Kind::Int8); WIDTH];
    columns[0] = TicketList::COLUMNS[0];
    let mut column = 1;
    while column < TicketList::COLUMNS.len() {
        columns[column + 1] = TicketList::COLUMNS[column];
        column += 1;
    }
    columns
}

impl Table for TicketPast {
    type Key = Uuid;
    type Row = PastRow;

    const NAME: &'static str = "ticket_past";
    const COLUMNS: &'static [(&'static str, Kind)] = &columns();
    const VERSIONED: bool = true;
    const OWN_ROWS: bool = true;
    const TEXTS: Option<Texts> = TicketList::TEXTS;

    fn key(event: &Recorded) -> Option<Uuid> {
        TicketList::key(event)
    }

    fn fold(row: Option<PastRow>, event: &Recorded) -> anyhow::Result<Option<PastRow>> {
        let ticket = TicketList::fold(row.map(|row| row.ticket), event)?;
        Ok(ticket.map(|ticket| PastRow { position: event.position, ticket }))
    }
}

impl Row for PastRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells.uuid(self.ticket.id).int8(self.position);
        self.ticket.cells_behind_id(cells);
    }
}
