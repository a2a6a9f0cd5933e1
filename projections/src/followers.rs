//! Who follows a ticket, as a column and as an answer.

use std::str::FromStr as _;

use domain::access::{Caller, Department, Reach, Role, Shared};
use domain::id::{EntryId, TicketId, UserId};
use domain::ticket::TicketEvent;
use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::in_column::{listed, parts};

/// Somebody who follows a ticket; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Follower {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub username: String,
}

/// A row of accounts, as far as it says what they see.
type Account = (Uuid, String, String, String, Option<Uuid>);

/// The column after `event`, if it says who follows.
pub(crate) fn after(column: &str, event: &TicketEvent) -> Option<String> {
    let (user, follows) = match event {
        TicketEvent::TicketFollowed { user } => (user.0, true),
        TicketEvent::TicketUnfollowed { user } => (user.0, false),
        _ => return None,
    };
    let mut followers: Vec<Uuid> = parts(column);
    followers.retain(|follower| *follower != user);
    followers.extend(follows.then_some(user));
    Some(listed(&followers))
}

/// Who follows `ticket`, whatever they see of it.
///
/// # Errors
/// The database cannot be reached.
pub async fn of(database: impl PgExecutor<'_>, ticket: TicketId) -> sqlx::Result<Vec<UserId>> {
    let column: Option<String> = sqlx::query_scalar("select followers from read.ticket_page where id = $1")
        .bind(ticket.stream())
        .fetch_optional(database)
        .await?;
    let followers = column.map(|column| parts::<Uuid>(&column)).unwrap_or_default();
    Ok(followers.into_iter().map(UserId).collect())
}

/// Those of `ids` who may sign in, in the order of `ids`: each as whoever they are to the desk, and as a follower. How far
/// settings and organizations let them see is still to be said.
///
/// # Errors
/// The database cannot be reached.
pub async fn readers(database: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<(Caller, Follower)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let accounts: Vec<Account> = sqlx::query_as(
        "select u.id, u.username, u.role, u.departments, u.organization
           from unnest($1::uuid[]) with ordinality as f (id, place)
           join read.user_directory u on u.id = f.id
          where u.is_active
          order by f.place",
    )
    .bind(ids)
    .fetch_all(database)
    .await?;
    Ok(accounts.into_iter().filter_map(reader).collect())
}

fn reader((id, username, role, departments, organization): Account) -> Option<(Caller, Follower)> {
    let id = UserId(id);
    let colleagues = organization.map(|organization| Shared::nothing_in(EntryId(organization)));
    let caller = Caller::Person {
        id,
        role: Role::from_str(&role).ok()?,
        departments: parts::<Department>(&departments),
        reach: Reach { colleagues, ..Reach::default() },
    };
    Some((caller, Follower { id, username }))
}
