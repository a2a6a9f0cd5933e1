//! Who has an account, and as what.

mod find;
mod shown;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::id::UserId;
use domain::sealed::Sealed;
use domain::user::{Availability, UserEvent};
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

pub use self::find::{
    Filter, NEWEST_FIRST, acting_admins, agent, agents, agents_of, by_id, count, cursor_behind, names, page,
};
pub use self::shown::{DirectoryUser, ListedAgent};

use crate::facts::word;
use crate::in_column::listed;

/// The table `user_directory`.
pub struct UserDirectory;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
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
    is_deleted: bool,
    is_available: bool,
    capacity: i32,
    locale: Option<String>,
    timezone: Option<String>,
    signature: Option<String>,
    building: Option<Uuid>,
    organization: Option<Uuid>,
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
        ("is_deleted", Kind::Bool),
        ("is_available", Kind::Bool),
        ("capacity", Kind::Int4),
        ("locale", Kind::Text),
        ("timezone", Kind::Text),
        ("signature", Kind::Text),
        ("building", Kind::Uuid),
        ("organization", Kind::Uuid),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["username", "email", "locale", "timezone", "signature"],
        of: &["UserCreated", "UserRenamed", "EmailChanged", "ProfileChanged"],
        whose: "id = $1",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::User(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<UserRow>, recorded: &Recorded) -> anyhow::Result<Option<UserRow>> {
        let Event::User(event) = &recorded.event else {
            // It changes nothing here, yet the account's version counts it.
            let passed = |row| UserRow { version: recorded.version, updated_at: recorded.occurred_at, ..row };
            return Ok(row.map(passed));
        };
        if let UserEvent::UserCreated { .. } = event {
            return Ok(UserRow::created(recorded, event));
        }
        let mut row = row.context("nothing is known of this user's creation")?;
        row.apply(event);
        row.version = recorded.version;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl UserRow {
    /// The row after an account's first event; none for any other event.
    fn created(recorded: &Recorded, event: &UserEvent) -> Option<Self> {
        let UserEvent::UserCreated { username, email, role, departments } = event else { return None };
        let Availability { is_available, capacity } = Availability::default();
        Some(Self {
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
            is_deleted: false,
            is_available,
            capacity: capacity.get().into(),
            locale: None,
            timezone: None,
            signature: None,
            building: None,
            organization: None,
        })
    }

    /// What `event` changes.
    fn apply(&mut self, event: &UserEvent) {
        let text = |sealed: &Option<Sealed>| sealed.as_ref().map(|text| text.shown().to_owned());
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
            | UserEvent::RecoveryCodeUsed {}
            | UserEvent::NotificationPreferencesChanged { .. }
            | UserEvent::TicketMuted { .. }
            | UserEvent::TicketUnmuted { .. } => {}
            UserEvent::RoleChanged { role, departments } => {
                self.role = word(*role);
                self.departments = listed(departments);
            }
            UserEvent::UserRenamed { username } => username.shown().clone_into(&mut self.username),
            UserEvent::EmailChanged { email } => email.shown().clone_into(&mut self.email),
            UserEvent::ProfileChanged { locale, timezone, signature } => {
                self.locale = text(locale);
                self.timezone = text(timezone);
                self.signature = text(signature);
            }
            UserEvent::UserPlaced { building, organization } => {
                self.building = building.map(|id| id.0);
                self.organization = organization.map(|id| id.0);
            }
            UserEvent::AvailabilityChanged { is_available, capacity } => {
                self.is_available = *is_available;
                self.capacity = i32::from(*capacity);
            }
            UserEvent::UserDeactivated {} => self.is_active = false,
            UserEvent::UserActivated {} => self.is_active = true,
            UserEvent::ServiceAccountDeclared {} => self.is_service = true,
            UserEvent::UserDeleted {} => {
                self.is_active = false;
                self.is_deleted = true;
            }
            UserEvent::UserErased { .. } => self.erase(),
        }
    }

    /// Whether or not the key is gone already.
    fn erase(&mut self) {
        let erased = Sealed::erased(UserId(self.id));
        self.is_active = false;
        for text in [&mut self.username, &mut self.email] {
            erased.shown().clone_into(text);
        }
        for text in [&mut self.locale, &mut self.timezone, &mut self.signature].into_iter().flatten() {
            erased.shown().clone_into(text);
        }
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
            .bool(self.is_service)
            .bool(self.is_deleted)
            .bool(self.is_available)
            .int4(self.capacity)
            .text(self.locale.as_deref())
            .text(self.timezone.as_deref())
            .text(self.signature.as_deref())
            .uuid(self.building)
            .uuid(self.organization);
    }
}
