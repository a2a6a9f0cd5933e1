//! The webhooks: whom outside the desk tells of events, as administrators set them up.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::webhook::WebhookEvent;
use infrastructure::projection::{Cells, Kind, Row, Table};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::in_column::{listed, parts};

/// The table `webhooks`.
pub struct Webhooks;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct WebhookRow {
    /// Its identity.
    pub id: Uuid,
    /// The host of its address.
    pub host: String,
    /// Under which id the address is kept.
    pub url_id: Uuid,
    secret_id: Uuid,
    former_secret_id: Option<Uuid>,
    /// Until when messages are signed with the former secret besides.
    pub former_until: Option<DateTime<Utc>>,
    types: String,
    /// Whether it is told of everything that an administrator sees.
    pub internal: bool,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why the desk sends nothing any more, if it decided so.
    pub disabled_because: Option<String>,
    is_removed: bool,
    begins_behind: i64,
    begun_at: i64,
    /// How many events made it.
    pub version: i32,
    position: i64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl WebhookRow {
    /// The types of events that it is told of; none for all.
    #[must_use]
    pub fn types(&self) -> Vec<String> {
        parts(&self.types)
    }

    fn added(recorded: &Recorded, event: &WebhookEvent) -> Option<Self> {
        let WebhookEvent::WebhookAdded { host, url_id, secret_id, events, internal } = event else {
            return None;
        };
        Some(Self {
            id: recorded.stream,
            host: host.clone(),
            url_id: *url_id,
            secret_id: *secret_id,
            former_secret_id: None,
            former_until: None,
            types: listed(events),
            internal: *internal,
            enabled: true,
            disabled_because: None,
            is_removed: false,
            begins_behind: recorded.position,
            begun_at: recorded.position,
            version: recorded.version,
            position: recorded.position,
            created_at: recorded.occurred_at,
            updated_at: recorded.occurred_at,
        })
    }

    fn apply(&mut self, recorded: &Recorded, event: &WebhookEvent) {
        match event {
            WebhookEvent::WebhookAdded { .. } => {}
            WebhookEvent::WebhookChanged { host, url_id, events, internal, enabled } => {
                self.host.clone_from(host);
                self.url_id = *url_id;
                self.types = listed(events);
                self.internal = *internal;
                if *enabled {
                    self.disabled_because = None;
                }
                self.enabled = *enabled;
            }
            WebhookEvent::WebhookSecretRotated { secret_id, former_until } => {
                self.former_secret_id = Some(self.secret_id);
                self.former_until = Some(*former_until);
                self.secret_id = *secret_id;
            }
            WebhookEvent::WebhookReplayed { from_pos } => {
                self.begins_behind = from_pos - 1;
                self.begun_at = recorded.position;
            }
            WebhookEvent::WebhookDisabled { reason } => {
                self.enabled = false;
                self.disabled_because = Some(reason.clone());
            }
            WebhookEvent::WebhookRemoved {} => self.is_removed = true,
        }
    }
}

impl Table for Webhooks {
    type Key = Uuid;
    type Row = WebhookRow;

    const NAME: &'static str = "webhooks";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("host", Kind::Text),
        ("url_id", Kind::Uuid),
        ("secret_id", Kind::Uuid),
        ("former_secret_id", Kind::Uuid),
        ("former_until", Kind::Timestamp),
        ("types", Kind::Text),
        ("internal", Kind::Bool),
        ("enabled", Kind::Bool),
        ("disabled_because", Kind::Text),
        ("is_removed", Kind::Bool),
        ("begins_behind", Kind::Int8),
        ("begun_at", Kind::Int8),
        ("version", Kind::Int4),
        ("position", Kind::Int8),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Webhook(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<WebhookRow>, recorded: &Recorded) -> anyhow::Result<Option<WebhookRow>> {
        let Event::Webhook(event) = &recorded.event else {
            // It changes nothing here, yet the webhook's version counts it.
            let passed = |row| WebhookRow { version: recorded.version, position: recorded.position, ..row };
            return Ok(row.map(passed));
        };
        if let Some(added) = WebhookRow::added(recorded, event) {
            return Ok(Some(added));
        }
        let mut row = row.context("nothing is known of how this webhook was added")?;
        row.apply(recorded, event);
        row.version = recorded.version;
        row.position = recorded.position;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl Row for WebhookRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .text(self.host.as_str())
            .uuid(self.url_id)
            .uuid(self.secret_id)
            .uuid(self.former_secret_id)
            .timestamp(self.former_until)
            .text(self.types.as_str())
            .bool(self.internal)
            .bool(self.enabled)
            .text(self.disabled_because.as_deref())
            .bool(self.is_removed)
            .int8(self.begins_behind)
            .int8(self.begun_at)
            .int4(self.version)
            .int8(self.position)
            .timestamp(self.created_at)
            .timestamp(self.updated_at);
    }
}

/// All webhooks, in the order in which they were added.
///
/// # Errors
/// The database cannot be reached.
pub async fn all(pool: &PgPool) -> sqlx::Result<Vec<WebhookRow>> {
    sqlx::query_as("select * from read.webhooks where not is_removed order by created_at, id")
        .fetch_all(pool)
        .await
}

/// One webhook; none if there is none, or not any more.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<WebhookRow>> {
    sqlx::query_as("select * from read.webhooks where id = $1 and not is_removed")
        .bind(id)
        .fetch_optional(pool)
        .await
}
