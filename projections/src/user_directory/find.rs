//! Finding accounts.

use std::collections::HashMap;

use domain::access::{Department, Role};
use domain::id::UserId;
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{DirectoryUser, ListedAgent};
use crate::cursor::Cursor;

/// Everybody who has an account, with when they last signed in.
const USERS: &str = "select u.*,
                            (select a.at from read.activity a
                              where a.person = u.id and a.action = 'SignedIn'
                              order by a.position desc limit 1) as last_login
                       from read.user_directory u";

/// The user of this id.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, id: UserId) -> sqlx::Result<Option<DirectoryUser>> {
    let mut query = QueryBuilder::new(USERS);
    query.push(" where u.id = ").push_bind(id.0).build_query_as().fetch_optional(pool).await
}

/// Which users. Of whatever is left open, any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those with one of these roles, unless there are none.
    pub roles: Vec<Role>,
    /// Only those who may, or may not, sign in.
    pub active: Option<bool>,
    /// Only those who work for one of these departments, unless there are none.
    pub departments: Vec<Department>,
    /// Only those whose name or address starts with this.
    pub starts_with: Option<String>,
    /// Only those in one of these buildings, unless there are none.
    pub buildings: Vec<Uuid>,
    /// Only those who belong to one of these organizations, unless there are none.
    pub organizations: Vec<Uuid>,
    /// Only accounts that were ended for good, or only those that were not.
    pub deleted: Option<bool>,
}

impl Filter {
    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        query.push(" where true");
        if !self.roles.is_empty() {
            let roles: Vec<&str> = self.roles.iter().map(|role| role.as_str()).collect();
            query.push(" and role = any(").push_bind(roles).push(")");
        }
        if let Some(active) = self.active {
            query.push(" and is_active = ").push_bind(active);
        }
        if !self.departments.is_empty() {
            let patterns: Vec<String> =
                self.departments.iter().map(|code| format!("%,{},%", literal(code.as_str()))).collect();
            query.push(" and departments like any(").push_bind(patterns).push(")");
        }
        if let Some(start) = &self.starts_with {
            let pattern = literal(&start.to_lowercase()) + "%";
            query.push(" and (username like ").push_bind(pattern.clone());
            query.push(" or email like ").push_bind(pattern).push(")");
        }
        for (column, ids) in [("building", &self.buildings), ("organization", &self.organizations)] {
            if !ids.is_empty() {
                query.push(" and ").push(column).push(" = any(").push_bind(ids.clone()).push(")");
            }
        }
        if let Some(deleted) = self.deleted {
            query.push(" and is_deleted = ").push_bind(deleted);
        }
    }
}

/// `text` as a part of a pattern that means nothing but itself.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The order of lists of users, as cursors name it.
pub const NEWEST_FIRST: &str = "-created_at";

/// Where the next page goes on behind `user`.
#[must_use]
pub fn cursor_behind(user: &DirectoryUser) -> Cursor {
    let values = vec![user.created_at.timestamp_micros()];
    Cursor { order: NEWEST_FIRST.to_owned(), values, id: user.id.0 }
}

/// Users, newest first, at most `limit`, leaving out `skip` from the start or going on behind `after`.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    filter: &Filter,
    limit: i64,
    skip: i64,
    after: Option<&Cursor>,
) -> sqlx::Result<Vec<DirectoryUser>> {
    let mut query = QueryBuilder::new(USERS);
    filter.push(&mut query);
    if let Some(Cursor { values, id, .. }) = after {
        let micros = values.first().copied().unwrap_or_default();
        let at = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
        query.push(" and (created_at, id) < (").push_bind(at).push(", ").push_bind(*id).push(")");
    }
    // Numbers in the text, not arguments: a plan made once has to know that a page is short.
    query.push(format!(" order by created_at desc, id desc limit {limit} offset {skip}"));
    query.build_query_as().fetch_all(pool).await
}

/// How many users there are.
///
/// # Errors
/// The database cannot be reached.
pub async fn count(pool: &PgPool, filter: &Filter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from read.user_directory");
    filter.push(&mut query);
    query.build_query_scalar().fetch_one(pool).await
}

/// Some who may be administrators and sign in: enough to find one who stays.
///
/// # Errors
/// The database cannot be reached.
pub async fn acting_admins(pool: &PgPool) -> sqlx::Result<Vec<UserId>> {
    let admins: Vec<Uuid> = sqlx::query_scalar(
        "select id from read.user_directory where role = 'admin' and is_active and not is_service
          order by created_at
          limit 100",
    )
    .fetch_all(pool)
    .await?;
    Ok(admins.into_iter().map(UserId).collect())
}

/// The agents of `department` who may sign in: people, and no administrators.
///
/// # Errors
/// The database cannot be reached.
pub async fn agents_of(pool: &PgPool, department: &Department) -> sqlx::Result<Vec<UserId>> {
    let agents: Vec<Uuid> = sqlx::query_scalar(
        "select id from read.user_directory
          where role not in ('user', 'admin') and is_active and not is_service and departments like $1
          order by id",
    )
    .bind(format!("%,{},%", literal(department.as_str())))
    .fetch_all(pool)
    .await?;
    Ok(agents.into_iter().map(UserId).collect())
}

/// Everybody to whom tickets may be assigned, people and no programs, with how many they have.
const AGENTS: &str = "select u.*, coalesce(l.n, 0) as active_count
                        from read.user_directory u
                        left join read.agent_load l on l.agent = u.id::text
                       where u.role <> 'user'
                         and u.is_active
                         and not u.is_service";

/// Everybody to whom tickets may be assigned, by name; those who work for `department` only, if one is given.
///
/// # Errors
/// The database cannot be reached.
pub async fn agents(pool: &PgPool, department: Option<&Department>) -> sqlx::Result<Vec<ListedAgent>> {
    let mut query = QueryBuilder::new(AGENTS);
    if let Some(code) = department {
        let pattern = format!("%,{},%", literal(code.as_str()));
        query.push(" and (u.role = 'admin' or u.departments like ").push_bind(pattern).push(")");
    }
    query.push(" order by u.username").build_query_as().fetch_all(pool).await
}

/// The one of them who is `id`.
///
/// # Errors
/// The database cannot be reached.
pub async fn agent(pool: &PgPool, id: UserId) -> sqlx::Result<Option<ListedAgent>> {
    let mut query = QueryBuilder::new(AGENTS);
    query.push(" and u.id = ").push_bind(id.0).build_query_as().fetch_optional(pool).await
}

/// What `people` are called now.
///
/// # Errors
/// The database cannot be reached.
pub async fn names(pool: &PgPool, people: &[Uuid]) -> sqlx::Result<HashMap<Uuid, String>> {
    let named: Vec<(Uuid, String)> =
        sqlx::query_as("select id, username from read.user_directory where id = any($1)")
            .bind(people)
            .fetch_all(pool)
            .await?;
    Ok(named.into_iter().collect())
}
