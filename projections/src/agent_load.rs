//! How many tickets each agent has that still need something done: counted as they come and go, never by looking.

use application::Load;
use domain::access::Department;
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::ticket::TicketEvent;
use domain::workload::WorkloadEvent;
use infrastructure::projection::{Cells, Counters, Kind, Row, Table};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

/// The table `assigned_tickets`: a row per ticket that an agent has.
pub struct AssignedTickets;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct AssignedRow {
    id: Uuid,
    agent: Uuid,
    is_active: bool,
    since: i64,
}

impl Table for AssignedTickets {
    type Key = Uuid;
    type Row = AssignedRow;

    const NAME: &'static str = "assigned_tickets";
    const COLUMNS: &'static [(&'static str, Kind)] =
        &[("id", Kind::Uuid), ("agent", Kind::Uuid), ("is_active", Kind::Bool), ("since", Kind::Int8)];
    const OWN_ROWS: bool = true;
    const COUNTERS: Option<Counters<AssignedRow>> = Some(Counters {
        table: "agent_load",
        columns: &["agent"],
        cell: |row| vec![if row.is_active { row.agent.to_string() } else { String::new() }],
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        use TicketEvent as E;
        match &event.event {
            Event::Ticket(
                E::TicketAssigned { .. }
                | E::TicketUnassigned {}
                | E::TicketTransferred { .. }
                | E::StatusChanged { .. }
                | E::TicketResolved { .. }
                | E::TicketClosed { .. }
                | E::MisuseConfirmed { .. }
                | E::TicketReopened { .. }
                | E::TicketMerged { .. }
                | E::TicketUnmerged { .. },
            ) => Some(event.stream),
            _ => None,
        }
    }

    fn fold(row: Option<AssignedRow>, recorded: &Recorded) -> anyhow::Result<Option<AssignedRow>> {
        use TicketEvent as E;
        let Event::Ticket(event) = &recorded.event else { return Ok(row) };
        if let E::TicketAssigned { agent: Some(agent) } = event {
            let (id, since) = (recorded.stream, recorded.position);
            return Ok(Some(AssignedRow { id, agent: agent.0, is_active: true, since }));
        }
        let Some(mut row) = row else { return Ok(None) };
        match event {
            E::TicketAssigned { agent: None } | E::TicketUnassigned {} | E::TicketTransferred { .. } => {
                return Ok(None);
            }
            E::StatusChanged { to, .. } | E::TicketReopened { to, .. } | E::TicketUnmerged { to } => {
                row.is_active = to.is_active();
            }
            E::TicketResolved { .. }
            | E::TicketClosed { .. }
            | E::MisuseConfirmed { .. }
            | E::TicketMerged { .. } => row.is_active = false,
            _ => {}
        }
        Ok(Some(row))
    }
}

impl Row for AssignedRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells.uuid(self.id).uuid(self.agent).bool(self.is_active).int8(self.since);
    }
}

/// The table `workloads`: how far the count of each agent follows their workload.
pub struct Workloads;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct WorkloadRow {
    agent: Uuid,
    version: i32,
}

impl Table for Workloads {
    type Key = Uuid;
    type Row = WorkloadRow;

    const NAME: &'static str = "workloads";
    const COLUMNS: &'static [(&'static str, Kind)] = &[("agent", Kind::Uuid), ("version", Kind::Int4)];

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Workload(WorkloadEvent::WorkAssigned { agent, .. }) => Some(agent.0),
            _ => None,
        }
    }

    fn fold(_: Option<WorkloadRow>, recorded: &Recorded) -> anyhow::Result<Option<WorkloadRow>> {
        Ok(Self::key(recorded).map(|agent| WorkloadRow { agent, version: recorded.version }))
    }
}

impl Row for WorkloadRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells.uuid(self.agent).int4(self.version);
    }
}

/// What `agent` has on their desk. Both numbers are of one position: their tables share a checkpoint.
///
/// # Errors
/// The database cannot be reached.
pub async fn of(pool: &PgPool, agent: UserId) -> sqlx::Result<Load> {
    let (active, taken): (i64, i32) = sqlx::query_as(
        "select coalesce((select n from read.agent_load where agent = $1::text), 0),
                coalesce((select version from read.workloads where agent = $1), 0)",
    )
    .bind(agent.0)
    .fetch_one(pool)
    .await?;
    Ok(Load { active: u32::try_from(active).unwrap_or_default(), taken })
}

/// Somebody to whom tickets may be handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub id: UserId,
    /// The departments they work for.
    pub departments: Vec<Department>,
    /// How many tickets they take at a time.
    pub capacity: u32,
    /// How many they have that still need something done.
    pub active: u32,
    /// How many events of their workload that count follows from.
    pub taken: i32,
}

/// The agents who take tickets and have fewer than they can, those of `department` only if one is given: people who may sign in, and
/// no administrators.
///
/// # Errors
/// The database cannot be reached.
pub async fn with_room(pool: &PgPool, department: Option<&Department>) -> sqlx::Result<Vec<Candidate>> {
    let rows: Vec<(Uuid, String, i32, i64, i32)> = sqlx::query_as(
        "select u.id, u.departments, u.capacity, coalesce(l.n, 0), coalesce(w.version, 0)
           from read.user_directory u
           left join read.agent_load l on l.agent = u.id::text
           left join read.workloads w on w.agent = u.id
          where u.role not in ('user', 'admin')
            and u.is_active
            and not u.is_service
            and u.is_available
            and coalesce(l.n, 0) < u.capacity
            and ($1::text is null or strpos(u.departments, $1) > 0)",
    )
    .bind(department.map(|code| format!(",{},", code.as_str())))
    .fetch_all(pool)
    .await?;
    let candidates = rows.into_iter().map(|(id, departments, capacity, active, taken)| Candidate {
        id: UserId(id),
        departments: departments.split(',').filter_map(|code| code.parse().ok()).collect(),
        capacity: u32::try_from(capacity).unwrap_or_default(),
        active: u32::try_from(active).unwrap_or_default(),
        taken,
    });
    Ok(candidates.collect())
}

/// The active tickets that `agent` has from before `position`.
///
/// # Errors
/// The database cannot be reached.
pub async fn assigned_before(pool: &PgPool, agent: UserId, position: i64) -> sqlx::Result<Vec<TicketId>> {
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "select id
           from read.assigned_tickets
          where agent = $1
            and is_active
            and since < $2
          order by id",
    )
    .bind(agent.0)
    .bind(position)
    .fetch_all(pool)
    .await?;
    Ok(tickets.into_iter().map(TicketId::of_stream).collect())
}
