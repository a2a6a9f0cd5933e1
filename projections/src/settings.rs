//! What administrators set, who and when.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::id::UserId;
use domain::setting::SettingEvent;
use infrastructure::projection::{Cells, Kind, Row, Table};
use serde::Serialize;
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::word;

/// The table `settings`.
pub struct SettingsTable;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct SettingRow {
    name: String,
    is_flag: bool,
    value: String,
    actor_kind: String,
    actor: Option<Uuid>,
    changed_at: DateTime<Utc>,
    version: i32,
}

impl Table for SettingsTable {
    type Key = String;
    type Row = SettingRow;

    const NAME: &'static str = "settings";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("name", Kind::Text),
        ("is_flag", Kind::Bool),
        ("value", Kind::Text),
        ("actor_kind", Kind::Text),
        ("actor", Kind::Uuid),
        ("changed_at", Kind::Timestamp),
        ("version", Kind::Int4),
    ];
    const OWN_ROWS: bool = true;

    fn key(event: &Recorded) -> Option<String> {
        match &event.event {
            Event::Setting(
                SettingEvent::SettingChanged { name, .. } | SettingEvent::FeatureFlagChanged { name, .. },
            ) => Some(name.clone()),
            _ => None,
        }
    }

    fn fold(row: Option<SettingRow>, recorded: &Recorded) -> anyhow::Result<Option<SettingRow>> {
        let Event::Setting(event) = &recorded.event else { return Ok(row) };
        let (name, is_flag, value) = match event {
            SettingEvent::SettingChanged { name, to, .. } => (name, false, serde_json::to_string(to)?),
            SettingEvent::FeatureFlagChanged { name, on } => (name, true, serde_json::to_string(on)?),
        };
        Ok(Some(SettingRow {
            name: name.clone(),
            is_flag,
            value,
            actor_kind: word(recorded.actor.kind),
            actor: recorded.actor.id,
            changed_at: recorded.occurred_at,
            version: recorded.version,
        }))
    }
}

impl Row for SettingRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .text(self.name.as_str())
            .bool(self.is_flag)
            .text(self.value.as_str())
            .text(self.actor_kind.as_str())
            .uuid(self.actor)
            .timestamp(self.changed_at)
            .int4(self.version);
    }
}

/// What was set, and who set it last.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Set {
    name: String,
    value: String,
    version: i32,
    /// Who set it last.
    #[sqlx(flatten)]
    pub last_change: LastChange,
}

impl Set {
    /// The value.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_default()
    }
}

/// Who changed something last, and when; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct LastChange {
    /// As what they did it; `system` for the desk itself and its command line.
    #[schema(example = "admin")]
    pub actor_kind: String,
    /// Who; none for the desk itself.
    #[schema(value_type = Option<UserId>)]
    pub actor_id: Option<Uuid>,
    /// What they are called.
    #[schema(example = "admin")]
    pub actor_username: Option<String>,
    /// When.
    pub changed_at: DateTime<Utc>,
}

/// Everything that was ever set, by name, and the version of the settings: how many changes there were.
///
/// # Errors
/// The database cannot be reached.
pub async fn all(pool: &PgPool) -> sqlx::Result<(HashMap<String, Set>, i32)> {
    let rows: Vec<Set> = sqlx::query_as(
        "select s.name, s.value, s.version, s.actor_kind, s.actor as actor_id, u.username as actor_username, s.changed_at
           from read.settings s
           left join read.user_directory u on u.id = s.actor",
    )
    .fetch_all(pool)
    .await?;
    let version = rows.iter().map(|set| set.version).max().unwrap_or_default();
    Ok((rows.into_iter().map(|set| (set.name.clone(), set)).collect(), version))
}
