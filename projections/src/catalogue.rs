//! The catalogues: departments, buildings, categories, teams, organizations and tags.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::catalogue::EntryEvent;
use domain::catalogue::values::{Code, Details, EntryKind};
use domain::event::{Event, Recorded};
use domain::id::EntryId;
use infrastructure::projection::{Cells, Kind, Row, Table};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::word;

/// The table `catalogue`.
pub struct Catalogue;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct EntryRow {
    id: Uuid,
    kind: String,
    code: String,
    name: String,
    is_active: bool,
    is_removed: bool,
    details: String,
    version: i32,
    position: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl EntryRow {
    fn added(recorded: &Recorded, kind: EntryKind, code: &Code, name: &str) -> Self {
        Self {
            id: recorded.stream,
            kind: word(kind),
            code: code.to_string(),
            name: name.to_owned(),
            is_active: true,
            is_removed: false,
            details: String::new(),
            version: recorded.version,
            position: recorded.position,
            created_at: recorded.occurred_at,
            updated_at: recorded.occurred_at,
        }
    }

    fn say(&mut self, details: &Details) -> anyhow::Result<()> {
        self.details = serde_json::to_string(details)?;
        Ok(())
    }
}

impl Table for Catalogue {
    type Key = Uuid;
    type Row = EntryRow;

    const NAME: &'static str = "catalogue";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("kind", Kind::Text),
        ("code", Kind::Text),
        ("name", Kind::Text),
        ("is_active", Kind::Bool),
        ("is_removed", Kind::Bool),
        ("details", Kind::Text),
        ("version", Kind::Int4),
        ("position", Kind::Int8),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Catalogue(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<EntryRow>, recorded: &Recorded) -> anyhow::Result<Option<EntryRow>> {
        let Event::Catalogue(event) = &recorded.event else {
            // It changes nothing here, yet the entry's version counts it.
            let passed = |row| EntryRow { version: recorded.version, position: recorded.position, ..row };
            return Ok(row.map(passed));
        };
        if let EntryEvent::EntryAdded { kind, code, name, details } = event {
            let mut row = EntryRow::added(recorded, *kind, code, name);
            row.say(details)?;
            return Ok(Some(row));
        }
        let mut row = row.context("nothing is known of how this entry was added")?;
        match event {
            EntryEvent::EntryAdded { .. } => {}
            EntryEvent::EntryChanged { name, details } => {
                row.name.clone_from(name);
                row.say(details)?;
            }
            EntryEvent::EntryDeactivated {} => row.is_active = false,
            EntryEvent::EntryActivated {} => row.is_active = true,
            EntryEvent::EntryRemoved {} => row.is_removed = true,
        }
        row.version = recorded.version;
        row.position = recorded.position;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl Row for EntryRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .text(self.kind.as_str())
            .text(self.code.as_str())
            .text(self.name.as_str())
            .bool(self.is_active)
            .bool(self.is_removed)
            .text(self.details.as_str())
            .int4(self.version)
            .int8(self.position)
            .timestamp(self.created_at)
            .timestamp(self.updated_at);
    }
}

/// An entry of a catalogue; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ListedEntry {
    /// Its identity.
    pub id: EntryId,
    /// Its code, unique within its catalogue.
    #[schema(value_type = String, example = "IT")]
    pub code: String,
    /// What people call it.
    #[schema(example = "Information Technology")]
    pub name: String,
    /// Whether it can be chosen.
    pub active: bool,
    /// What else entries of its kind say: of departments `takes_tickets`, of buildings `address`, of categories
    /// `department` and `parent_id`, of teams `department` and `member_ids`, of organizations `domains` and
    /// `shared_departments`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// How many events made it; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<EntryRow> for ListedEntry {
    fn from(row: EntryRow) -> Self {
        let fields = row.kind.parse::<EntryKind>().map(EntryKind::fields).unwrap_or_default();
        let mut details: Map<String, Value> = serde_json::from_str(&row.details).unwrap_or_default();
        details.retain(|field, _| fields.contains(&field.as_str()));
        Self {
            id: EntryId(row.id),
            code: row.code,
            name: row.name,
            active: row.is_active,
            details,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The entry of this id in the catalogue of `kind`.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, kind: EntryKind, id: EntryId) -> sqlx::Result<Option<ListedEntry>> {
    let row: Option<EntryRow> =
        sqlx::query_as("select * from read.catalogue where id = $1 and kind = $2 and not is_removed")
            .bind(id.0)
            .bind(kind.as_str())
            .fetch_optional(pool)
            .await?;
    Ok(row.map(ListedEntry::from))
}

/// The entry of the catalogue of `kind` that can be chosen and is called `name`, by name or code, whatever stands between its words.
///
/// # Errors
/// The database cannot be reached.
pub async fn called(pool: &PgPool, kind: EntryKind, name: &str) -> sqlx::Result<Option<EntryId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "select id
           from read.catalogue
          where kind = $1
            and not is_removed
            and is_active
            and $2 in (regexp_replace(lower(name), '[^[:alnum:]]', '', 'g'),
                       regexp_replace(lower(code), '[^[:alnum:]]', '', 'g'))
          order by code
          limit 1",
    )
    .bind(kind.as_str())
    .bind(name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>())
    .fetch_optional(pool)
    .await?;
    Ok(id.map(EntryId))
}

/// What the department with this code is called.
///
/// # Errors
/// The database cannot be reached.
pub async fn department_called(pool: &PgPool, code: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select name from read.catalogue where kind = 'department' and code = $1 and not is_removed",
    )
    .bind(code)
    .fetch_optional(pool)
    .await
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that can, or cannot, be chosen.
    pub active: Option<bool>,
    /// Only those with this in their code or name, in any case.
    pub q: Option<String>,
}

/// The entries of a catalogue by code, and how many there are in all.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    kind: EntryKind,
    filter: &Filter,
    limit: i64,
    skip: i64,
) -> sqlx::Result<(Vec<ListedEntry>, i64)> {
    const WHICH: &str = "from read.catalogue
          where kind = $1
            and not is_removed
            and ($2::boolean is null or is_active = $2)
            and ($3::text is null or strpos(lower(code), lower($3)) > 0 or strpos(lower(name), lower($3)) > 0)";
    let rows = format!("select * {WHICH} order by code limit $4 offset $5");
    let rows: Vec<EntryRow> = sqlx::query_as(sqlx::AssertSqlSafe(rows))
        .bind(kind.as_str())
        .bind(filter.active)
        .bind(filter.q.as_deref())
        .bind(limit)
        .bind(skip)
        .fetch_all(pool)
        .await?;
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) {WHICH}")))
        .bind(kind.as_str())
        .bind(filter.active)
        .bind(filter.q.as_deref())
        .fetch_one(pool)
        .await?;
    Ok((rows.into_iter().map(ListedEntry::from).collect(), total))
}

/// The position of the newest change in the catalogue of `kind`; 0 if there was none.
///
/// # Errors
/// The database cannot be reached.
pub async fn changed_at(pool: &PgPool, kind: EntryKind) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(position), 0) from read.catalogue where kind = $1")
        .bind(kind.as_str())
        .fetch_one(pool)
        .await
}

/// What can refer to an entry of `kind`: in words, and how many of that refer to the entry `e`.
fn referring(kind: EntryKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        EntryKind::Department => &[
            ("tickets", "from read.ticket_list where department = e.code"),
            ("users", "from read.user_directory where departments like '%,' || e.code || ',%'"),
            ("teams", "from entries where kind = 'team' and details ->> 'department' = e.code"),
            ("categories", "from entries where kind = 'category' and details ->> 'department' = e.code"),
            ("articles", "from read.articles where department = e.code"),
            ("organizations", "from entries where (details -> 'shared_departments')::jsonb ? e.code"),
        ],
        EntryKind::Building => &[
            ("tickets", "from read.ticket_list where building = e.id"),
            ("users", "from read.user_directory where building = e.id"),
        ],
        EntryKind::Category => &[
            ("tickets", "from read.ticket_list where category = e.id"),
            ("categories", "from entries where kind = 'category' and details ->> 'parent_id' = e.id::text"),
        ],
        EntryKind::Team => &[("tickets", "from read.ticket_list where team = e.id")],
        EntryKind::Organization => &[
            ("tickets", "from read.ticket_list where organization = e.id"),
            ("users", "from read.user_directory where organization = e.id"),
        ],
        EntryKind::Tag => {
            &[("tickets", "from read.ticket_list where strpos(tags, ',' || e.code || ',') > 0")]
        }
    }
}

/// What refers to the entry: in words, and how many there are; only what there is any of.
///
/// # Errors
/// The database cannot be reached.
pub async fn references(
    pool: &PgPool,
    kind: EntryKind,
    id: EntryId,
    code: &str,
) -> sqlx::Result<Vec<(&'static str, i64)>> {
    let referring = referring(kind);
    let counts: Vec<String> =
        referring.iter().map(|(_, which)| format!("(select count(*) {which})")).collect();
    let query = format!(
        "with entries as (select kind, details::json as details from read.catalogue where not is_removed)
         select array[{}] from (select $1::uuid as id, $2::text as code) e",
        counts.join(", "),
    );
    let counted: Vec<i64> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(id.0).bind(code).fetch_one(pool).await?;
    let all = referring.iter().map(|(what, _)| *what).zip(counted);
    Ok(all.filter(|(_, count)| *count > 0).collect())
}
