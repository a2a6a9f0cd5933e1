//! Tickets as they are, or as they were.

use std::fmt::Write as _;
use std::sync::LazyLock;

use domain::access::Sight;
use infrastructure::projection::Table as _;
use sqlx::{Postgres, QueryBuilder};

use crate::sight::{self, Part};
use crate::ticket_past::TicketPast;

/// As of when tickets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// As they are.
    Now,
    /// As they were at this position of the log.
    At(i64),
}

/// What never changes about a ticket.
const FIXED: [&str; 5] = ["id", "number", "requester", "created_at", "organization"];

/// The columns of a ticket as it was. What never changes comes from the list, whose indexes then give the order;
/// whose it is now stands beside whose it was.
static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let mut columns = "n.department as department_now, n.assignee as assignee_now".to_owned();
    for (column, _) in TicketPast::COLUMNS {
        let from = if FIXED.contains(column) { "n" } else { "p" };
        let _ = write!(columns, ", {from}.{column}");
    }
    columns
});

impl When {
    /// Adds `… t where …`: the tickets of `part`. Of the past, only those that `sight` sees now and saw then.
    pub(super) fn push_seen(self, query: &mut QueryBuilder<Postgres>, part: &Part, sight: &Sight) {
        let Self::At(position) = self else {
            query.push("read.ticket_list t where ");
            part.push(query, "");
            return;
        };
        query.push("(select ").push(COLUMNS.as_str());
        query.push(
            " from read.ticket_list n cross join lateral (select * from read.ticket_past s
                where s.id = n.id and s.position <= ",
        );
        query.push_bind(position).push(" order by s.position desc limit 1) p where n.number <= ");
        query.push_bind(position).push(") t where ");
        part.push(query, "_now");
        query.push(" and ");
        sight::push(query, sight);
    }
}
