//! What is shown of an account.

use chrono::{DateTime, Utc};
use domain::access::{Department, Role};
use domain::id::{EntryId, UserId};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use utoipa::ToSchema;

use super::UserRow;
use crate::in_column::parts;

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
    /// Whether the account was ended for good.
    pub is_deleted: bool,
    /// The language they read, if they said so.
    #[schema(example = "pt-BR")]
    pub locale: Option<String>,
    /// The zone their times are shown in, if they said so.
    #[schema(example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// What they end their messages with, if with anything.
    pub signature: Option<String>,
    /// Whether they take tickets; null for requesters and programs.
    pub is_available: Option<bool>,
    /// How many tickets they take at a time; null for requesters and programs.
    pub capacity: Option<i32>,
    /// The building they are in.
    pub building_id: Option<EntryId>,
    /// The organization they belong to.
    pub organization_id: Option<EntryId>,
    /// How many events made the account; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When they got the account.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether it is a program's: nobody signs in with it, its API tokens are good.
    pub is_service: bool,
    /// When they last signed in, if they ever did.
    pub last_login: Option<DateTime<Utc>>,
}

impl FromRow<'_, PgRow> for DirectoryUser {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let last_login = row.try_get("last_login")?;
        let row = UserRow::from_row(row)?;
        let role: Role = row.role.parse().unwrap_or(Role::User);
        let is_agent = role.works_on_tickets() && !row.is_service;
        Ok(Self {
            id: UserId(row.id),
            username: row.username,
            email: row.email,
            role,
            departments: parts(&row.departments),
            is_active: row.is_active,
            is_deleted: row.is_deleted,
            locale: row.locale,
            timezone: row.timezone,
            signature: row.signature,
            is_available: is_agent.then_some(row.is_available),
            capacity: is_agent.then_some(row.capacity),
            building_id: row.building.map(EntryId),
            organization_id: row.organization.map(EntryId),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            is_service: row.is_service,
            last_login,
        })
    }
}

/// Somebody to whom tickets can be assigned; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ListedAgent {
    /// Their identity.
    pub id: UserId,
    /// Their name.
    #[schema(example = "ivan")]
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// The departments they work for; an administrator works for all.
    pub departments: Vec<Department>,
    /// Whether they take tickets.
    pub is_available: bool,
    /// How many tickets they take at a time.
    #[schema(example = 20)]
    pub capacity: i32,
    /// How many they have that are open, assigned, in progress or waiting for the requester.
    #[schema(example = 3)]
    pub active_count: i64,
    /// The account's version.
    #[serde(skip)]
    pub version: i32,
}

impl FromRow<'_, PgRow> for ListedAgent {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let UserRow { id, username, role, departments: listed, is_available, capacity, version, .. } =
            UserRow::from_row(row)?;
        Ok(Self {
            id: UserId(id),
            username,
            role: role.parse().unwrap_or(Role::User),
            departments: parts(&listed),
            is_available,
            capacity,
            active_count: row.try_get("active_count")?,
            version,
        })
    }
}
