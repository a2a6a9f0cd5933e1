//! Where tickets and agents stand, for whoever is told of events as they happen: many at a time.

use std::collections::HashMap;

use domain::access::{Department, Sight, Whose};
use domain::id::{EntryId, UserId};
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use crate::in_column::parts;

/// What it depends on who sees a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who filed it.
    pub requester: UserId,
    /// The agent it is assigned to.
    pub assignee: Option<UserId>,
    /// The department it is with.
    pub department: Option<Department>,
    /// The organization it was filed in.
    pub organization: Option<EntryId>,
}

/// The status of a ticket before and after one of its events.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Step {
    /// Where the event is in the log.
    pub position: i64,
    /// The status before; none for a ticket that was just filed.
    pub before: Option<String>,
    /// The status from then on.
    pub after: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    requester: Uuid,
    assignee: Option<Uuid>,
    department: Option<String>,
    organization: Option<Uuid>,
}

impl Standing {
    /// As the predicate of visibility takes it.
    #[must_use]
    pub fn whose(&self) -> Whose<'_> {
        Whose {
            requester: self.requester,
            department: self.department.as_ref(),
            assignee: self.assignee,
            organization: self.organization,
        }
    }

    /// Whether the ticket is within `sight`, and if so whether its internal notes are.
    #[must_use]
    pub fn within(&self, sight: &Sight) -> Option<bool> {
        sight.sees(self.whose()).then(|| sight.reads_internal(self.requester, self.assignee))
    }
}

/// Where these tickets (streams of tickets) stand, as the read models show it.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_tickets(
    database: impl PgExecutor<'_>,
    tickets: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Standing>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, requester, assignee, department, organization from read.ticket_page where id = any($1)",
    )
    .bind(tickets)
    .fetch_all(database)
    .await?;
    let standing = |row: Row| Standing {
        requester: UserId(row.requester),
        assignee: row.assignee.map(UserId),
        department: row.department.and_then(|code| code.parse().ok()),
        organization: row.organization.map(EntryId),
    };
    Ok(rows.into_iter().map(|row| (row.id, standing(row))).collect())
}

/// What the events at `positions`, each of the ticket in `tickets`, did to the status.
///
/// # Errors
/// The database cannot be reached.
pub async fn steps(
    database: impl PgExecutor<'_>,
    tickets: &[Uuid],
    positions: &[i64],
) -> sqlx::Result<Vec<Step>> {
    sqlx::query_as(
        "select e.position, b.status as before, a.status as after
           from unnest($1::uuid[], $2::bigint[]) e(id, position)
           left join lateral (select p.status from read.ticket_past p
                               where p.id = e.id and p.position < e.position
                               order by p.position desc limit 1) b on true
           left join lateral (select p.status from read.ticket_past p
                               where p.id = e.id and p.position = e.position) a on true",
    )
    .bind(tickets)
    .bind(positions)
    .fetch_all(database)
    .await
}

/// The departments that these users work for.
///
/// # Errors
/// The database cannot be reached.
pub async fn departments(
    database: impl PgExecutor<'_>,
    users: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Department>>> {
    let rows: Vec<(Uuid, String)> =
        sqlx::query_as("select id, departments from read.user_directory where id = any($1)")
            .bind(users)
            .fetch_all(database)
            .await?;
    Ok(rows.into_iter().map(|(id, codes)| (id, parts(&codes))).collect())
}
