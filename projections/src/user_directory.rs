//! Who has an account, and as what.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::access::{Department, Role};
use domain::event::{Event, Recorded};
use domain::id::UserId;
use domain::sealed::Sealed;
use domain::user::UserEvent;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::word;

/// The table `user_directory`.
pub struct UserDirectory;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct UserRow {
    id: Uuid,
    username: String,
    email: String,
    role: String,
    departments: String,
    is_active: bool,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_service: bool,
}

/// The departments as the column has them: `,IT,HR,`, so that one is found by `,IT,`.
fn listed(departments: &[Department]) -> String {
    departments.iter().fold(",".to_owned(), |list, department| list + department.as_str() + ",")
}

impl Table for UserDirectory {
    type Key = Uuid;
    type Row = UserRow;

    const NAME: &'static str = "user_directory";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("username", Kind::Text),
        ("email", Kind::Text),
        ("role", Kind::Text),
        ("departments", Kind::Text),
        ("is_active", Kind::Bool),
        ("version", Kind::Int4),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
        ("is_service", Kind::Bool),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts { columns: &["username", "email"], whose: "id = $1" });

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::User(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<UserRow>, recorded: &Recorded) -> anyhow::Result<Option<UserRow>> {
        let Event::User(event) = &recorded.event else {
            // It changes nothing here, yet the account's version counts it.
            let passed = |row| UserRow { version: recorded.version, updated_at: recorded.occurred_at, ..row };
            return Ok(row.map(passed));
        };
        if let UserEvent::UserCreated { username, email, role, departments } = event {
            return Ok(Some(UserRow {
                id: recorded.stream,
                username: username.shown().to_owned(),
                email: email.shown().to_owned(),
                role: word(*role),
                departments: listed(departments),
                is_active: true,
                version: recorded.version,
                created_at: recorded.occurred_at,
                updated_at: recorded.occurred_at,
                is_service: false,
            }));
        }
        let mut row = row.context("nothing is known of this user's creation")?;
        match event {
            UserEvent::UserCreated { .. }
            | UserEvent::ApiTokenIssued { .. }
            | UserEvent::ApiTokenRevoked { .. }
            | UserEvent::PasswordChanged { .. }
            | UserEvent::IdentityLinked { .. }
            | UserEvent::IdentityUnlinked { .. }
            | UserEvent::TwoFactorEnabled {}
            | UserEvent::TwoFactorDisabled {}
            | UserEvent::RecoveryCodesMade {}
            | UserEvent::RecoveryCodeUsed {} => {}
            UserEvent::RoleChanged { role, departments } => {
                row.role = word(*role);
                row.departments = listed(departments);
            }
            UserEvent::UserDeactivated {} => row.is_active = false,
            UserEvent::UserActivated {} => row.is_active = true,
            UserEvent::ServiceAccountDeclared {} => row.is_service = true,
            UserEvent::UserErased { .. } => {
                // Whether or not the key is gone already.
                let erased = Sealed::erased(UserId(row.id));
                erased.shown().clone_into(&mut row.username);
                erased.shown().clone_into(&mut row.email);
                row.is_active = false;
            }
        }
        row.version = recorded.version;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl Row for UserRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .text(self.username.as_str())
            .text(self.email.as_str())
            .text(self.role.as_str())
            .text(self.departments.as_str())
            .bool(self.is_active)
            .int4(self.version)
            .timestamp(self.created_at)
            .timestamp(self.updated_at)
            .bool(self.is_service);
    }
}

/// A user; as it is, the response body. Never a password hash: that is not in the read model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DirectoryUser {
    /// Their identity.
    pub id: UserId,
    /// The name they sign in with.
    pub username: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// For agents: the departments they work for.
    pub departments: Vec<Department>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// How many events made the account; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When they got the account.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether it is a program's: nobody signs in with it, its API tokens are good.
    pub is_service: bool,
}

impl FromRow<'_, PgRow> for DirectoryUser {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let UserRow {
            id,
            username,
            email,
            role,
            departments,
            is_active,
            version,
            created_at,
            updated_at,
            is_service,
        } = UserRow::from_row(row)?;
        Ok(Self {
            id: UserId(id),
            username,
            email,
            role: role.parse().unwrap_or(Role::User),
            departments: departments.split(',').filter_map(|code| code.parse().ok()).collect(),
            is_active,
            version,
            created_at,
            updated_at,
            is_service,
        })
    }
}

/// The user of this id.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, id: UserId) -> sqlx::Result<Option<DirectoryUser>> {
    sqlx::query_as("select * from read.user_directory where id = $1").bind(id.0).fetch_optional(pool).await
}

/// Which users.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those who may, or may not, sign in.
    pub active: Option<bool>,
    /// Only those whose name or address starts with this.
    pub starts_with: Option<String>,
}

/// Users, newest first, and how many there are in all.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    filter: &Filter,
    limit: i64,
    skip: i64,
) -> sqlx::Result<(Vec<DirectoryUser>, i64)> {
    let pattern = filter.starts_with.as_deref().map(|start| {
        let literal = start.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        literal + "%"
    });
    let users = sqlx::query_as(
        "select * from read.user_directory
          where ($1::text is null or role = $1)
            and ($2::boolean is null or is_active = $2)
            and ($3::text is null or username like $3 or email like $3)
          order by created_at desc, id desc
          limit $4 offset $5",
    )
    .bind(filter.role.map(Role::as_str))
    .bind(filter.active)
    .bind(pattern.as_deref())
    .bind(limit)
    .bind(skip)
    .fetch_all(pool)
    .await?;
    let total = sqlx::query_scalar(
        "select count(*) from read.user_directory
          where ($1::text is null or role = $1)
            and ($2::boolean is null or is_active = $2)
            and ($3::text is null or username like $3 or email like $3)",
    )
    .bind(filter.role.map(Role::as_str))
    .bind(filter.active)
    .bind(pattern.as_deref())
    .fetch_one(pool)
    .await?;
    Ok((users, total))
}

/// Everybody to whom tickets may be assigned: people, no programs.
///
/// # Errors
/// The database cannot be reached.
pub async fn agents(pool: &PgPool) -> sqlx::Result<Vec<DirectoryUser>> {
    sqlx::query_as(
        "select * from read.user_directory where role <> 'user' and is_active and not is_service order by username",
    )
    .fetch_all(pool)
    .await
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
