//! Who sees which ticket, in SQL: the one translation of [`Sight`].

use std::collections::HashMap;

use domain::access::{Shared, Sight};
use domain::id::UserId;
use sqlx::{PgExecutor, Postgres, QueryBuilder};
use uuid::Uuid;

/// Adds the condition that the ticket `t` is within `sight`.
///
/// The same as [`Sight::sees`]; a test compares the two on every combination.
pub fn push(query: &mut QueryBuilder<Postgres>, sight: &Sight) {
    match sight {
        Sight::Everything => {
            query.push("true");
        }
        Sight::Own(user) => {
            query.push("t.requester = ").push_bind(user.0);
        }
        Sight::Colleagues { user, shared } => {
            query.push("(t.requester = ").push_bind(user.0);
            query.push(" or (t.organization = ").push_bind(shared.organization.0);
            query.push(" and t.department = any(").push_bind(codes(&shared.departments)).push(")))");
        }
        Sight::Desk { agent, departments } => {
            query.push("(t.department = any(").push_bind(codes(departments));
            query.push(") or t.assignee = ").push_bind(agent.0);
            query.push(" or t.requester = ").push_bind(agent.0).push(")");
        }
    }
}

/// Which of `tickets` (streams of tickets) are within `sight`, and whether the internal notes on them are.
///
/// # Errors
/// The database cannot be reached.
pub async fn seen(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    tickets: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, bool>> {
    let mut query =
        QueryBuilder::new("select t.id, t.requester, t.assignee from read.ticket_page t where t.id = any(");
    query.push_bind(tickets).push(") and ");
    push(&mut query, sight);
    let rows: Vec<(Uuid, Uuid, Option<Uuid>)> = query.build_query_as().fetch_all(database).await?;
    let internal =
        |requester, assignee: Option<Uuid>| sight.reads_internal(UserId(requester), assignee.map(UserId));
    Ok(rows.into_iter().map(|(id, requester, assignee)| (id, internal(requester, assignee))).collect())
}

/// Whether `user` filed a ticket within `sight`.
///
/// # Errors
/// The database cannot be reached.
pub async fn sees_a_ticket_of(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    user: UserId,
) -> sqlx::Result<bool> {
    let mut query = QueryBuilder::new("select exists (select from read.ticket_list t where t.requester = ");
    query.push_bind(user.0).push(" and ");
    push(&mut query, sight);
    query.push(")").build_query_scalar().fetch_one(database).await
}

/// The same as a union of parts that overlap nowhere, each with an index that gives it in order of creation:
/// a page of a list then costs the page, however many tickets there are.
pub(crate) fn parts(sight: &Sight) -> Vec<Part> {
    match sight {
        Sight::Everything => vec![Part::All],
        Sight::Own(user) => vec![Part::FiledBy(user.0)],
        Sight::Colleagues { user, shared: Shared { organization, departments } } => {
            let of_others =
                |code| Part::OfColleagues { organization: organization.0, department: code, but: user.0 };
            let shared = codes(departments).into_iter().map(of_others);
            std::iter::once(Part::FiledBy(user.0)).chain(shared).collect()
        }
        Sight::Desk { agent, departments } => {
            let outside = codes(departments);
            let mut parts: Vec<Part> = outside.iter().cloned().map(Part::Department).collect();
            parts.push(Part::AssignedOutside { agent: agent.0, outside: outside.clone() });
            parts.push(Part::FiledOutside { agent: agent.0, outside });
            parts
        }
    }
}

/// A part of what somebody sees.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// Everything.
    All,
    /// What this user filed.
    FiledBy(Uuid),
    /// What others filed in this organization that is with this department.
    OfColleagues { organization: Uuid, department: String, but: Uuid },
    /// A department's tickets.
    Department(String),
    /// What is assigned to this agent in other departments.
    AssignedOutside { agent: Uuid, outside: Vec<String> },
    /// What this agent filed in other departments and is not assigned to them.
    FiledOutside { agent: Uuid, outside: Vec<String> },
}

impl Part {
    /// Adds the condition that the ticket `t` belongs to this part, by those of its columns for who is responsible
    /// whose names end with `suffix`.
    pub(crate) fn push(&self, query: &mut QueryBuilder<Postgres>, suffix: &str) {
        let push = |query: &mut QueryBuilder<Postgres>, column: &str| {
            query.push(column).push(suffix);
        };
        let push_outside = |query: &mut QueryBuilder<Postgres>, outside: &[String]| {
            push(query, " and (t.department");
            query.push(" = any(").push_bind(outside.to_vec()).push(")) is not true");
        };
        match self {
            Self::All => {
                query.push("true");
            }
            Self::FiledBy(user) => {
                query.push("t.requester = ").push_bind(*user);
            }
            Self::OfColleagues { organization, department, but } => {
                query.push("t.organization = ").push_bind(*organization);
                push(query, " and t.department");
                query.push(" = ").push_bind(department.clone());
                query.push(" and t.requester <> ").push_bind(*but);
            }
            Self::Department(code) => {
                push(query, "t.department");
                query.push(" = ").push_bind(code.clone());
            }
            Self::AssignedOutside { agent, outside } => {
                push(query, "t.assignee");
                query.push(" = ").push_bind(*agent);
                push_outside(query, outside);
            }
            Self::FiledOutside { agent, outside } => {
                query.push("t.requester = ").push_bind(*agent);
                push(query, " and t.assignee");
                query.push(" is distinct from ").push_bind(*agent);
                push_outside(query, outside);
            }
        }
    }
}

fn codes(departments: &[domain::access::Department]) -> Vec<String> {
    departments.iter().map(ToString::to_string).collect()
}
