//! Who did what besides working on tickets: sign-ins, refusals, exports, changes of accounts and settings.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::access::ActorKind;
use domain::activity::ActivityEvent;
use domain::event::{Event, Recorded};
use domain::id::UserId;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use serde::Serialize;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::word;
use crate::user_directory::names;

/// The table `activity`.
pub struct Activity;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ActivityRow {
    position: i64,
    at: DateTime<Utc>,
    action: String,
    stream_type: String,
    stream: Uuid,
    actor_kind: String,
    actor: Option<Uuid>,
    person: Option<Uuid>,
    via: String,
    details: String,
    address: Option<String>,
    device: Option<String>,
}

impl Table for Activity {
    type Key = i64;
    type Row = ActivityRow;

    const NAME: &'static str = "activity";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("position", Kind::Int8),
        ("at", Kind::Timestamp),
        ("action", Kind::Text),
        ("stream_type", Kind::Text),
        ("stream", Kind::Uuid),
        ("actor_kind", Kind::Text),
        ("actor", Kind::Uuid),
        ("person", Kind::Uuid),
        ("via", Kind::Text),
        ("details", Kind::Text),
        ("address", Kind::Text),
        ("device", Kind::Text),
    ];
    const OWN_ROWS: bool = true;
    const APPEND_ONLY: bool = true;
    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["address", "device"],
        of: &["SignedIn", "TokenReused", "SignInRefused"],
        whose: "person = $1",
    });

    fn key(event: &Recorded) -> Option<i64> {
        let is_work = matches!(event.event, Event::Ticket(_) | Event::Conversation(_) | Event::Unknown(_));
        (!is_work).then_some(event.position)
    }

    fn fold(_: Option<ActivityRow>, recorded: &Recorded) -> anyhow::Result<Option<ActivityRow>> {
        let event = &recorded.event;
        let Some(stream_type) = event.stream_type() else { return Ok(None) };
        let person = match event {
            Event::Activity(event) => event.about().map(|user| user.0),
            Event::User(_) => Some(recorded.stream),
            _ => None,
        };
        let (address, device) = whereabouts(event);
        Ok(Some(ActivityRow {
            position: recorded.position,
            at: recorded.recorded_at,
            action: event.type_name().to_owned(),
            stream_type: word(stream_type),
            stream: recorded.stream,
            actor_kind: word(recorded.actor.kind),
            actor: recorded.actor.id,
            person,
            via: recorded.via.to_string(),
            details: event.without_texts()?.to_string(),
            address,
            device,
        }))
    }
}

/// From where, and with what.
fn whereabouts(event: &Event) -> (Option<String>, Option<String>) {
    use ActivityEvent as E;
    let Event::Activity(event) = event else { return (None, None) };
    let (address, device) = match event {
        E::SignedIn { address, device, .. } | E::TokenReused { address, device, .. } => {
            (Some(address), device.as_ref())
        }
        E::SignInRefused { address, device, .. } => (address.as_ref(), device.as_ref()),
        _ => (None, None),
    };
    (address.map(|text| text.shown().to_owned()), device.map(|text| text.shown().to_owned()))
}

impl Row for ActivityRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .int8(self.position)
            .timestamp(self.at)
            .text(self.action.as_str())
            .text(self.stream_type.as_str())
            .uuid(self.stream)
            .text(self.actor_kind.as_str())
            .uuid(self.actor)
            .uuid(self.person)
            .text(self.via.as_str())
            .text(self.details.as_str())
            .text(self.address.as_deref())
            .text(self.device.as_deref());
    }
}

/// Something that somebody did; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Act {
    /// Its place in the log.
    #[schema(example = 4711)]
    pub position: i64,
    /// When the log accepted it.
    pub at: DateTime<Utc>,
    /// What happened: the event's type.
    #[schema(example = "SignedIn")]
    pub action: String,
    /// As what somebody acted.
    pub actor_kind: ActorKind,
    /// Who; none for the desk itself, and for whoever was not let in.
    pub actor: Option<Uuid>,
    /// What they are called now.
    #[schema(example = "ada")]
    pub actor_username: Option<String>,
    /// What it was done to: an account, a setting, a catalogue; for the rest the event's own stream.
    pub target: Uuid,
    /// What kind of thing that is.
    #[schema(example = "user")]
    pub target_type: String,
    /// Whom it is about, if it is about one person.
    pub person: Option<Uuid>,
    /// What they are called now.
    #[schema(example = "ada")]
    pub person_username: Option<String>,
    /// Through which door.
    #[schema(example = "api")]
    pub via: String,
    /// What else the event says, without texts about people.
    #[schema(value_type = Object)]
    pub details: Value,
    /// From which address, for administrators.
    #[schema(example = "192.0.2.7")]
    pub address: Option<String>,
    /// With which program, for administrators.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    pub device: Option<String>,
}

impl FromRow<'_, PgRow> for Act {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let row = ActivityRow::from_row(row)?;
        Ok(Self {
            position: row.position,
            at: row.at,
            action: row.action,
            actor_kind: row.actor_kind.parse().unwrap_or(ActorKind::System),
            actor: row.actor,
            actor_username: None,
            target: row.stream,
            target_type: row.stream_type,
            person: row.person,
            person_username: None,
            via: row.via,
            details: serde_json::from_str(&row.details).unwrap_or_default(),
            address: row.address,
            device: row.device,
        })
    }
}

/// Which acts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that this person did or that are about them.
    pub of: Option<UserId>,
    /// Only those of this person.
    pub actor: Option<UserId>,
    /// Only these actions; empty for all.
    pub actions: Vec<String>,
    /// Only those done to this account, setting or catalogue, or about this person.
    pub target: Option<Uuid>,
    /// Only those from then on.
    pub from: Option<DateTime<Utc>>,
    /// Only those before then.
    pub to: Option<DateTime<Utc>>,
}

/// Of what was asked for, as a condition; `$1` to `$6` are the filter.
const WHICH: &str = "($1::uuid is null or actor = $1 or person = $1)
   and ($2::uuid is null or actor = $2)
   and ($3::text[] = '{}' or action = any($3))
   and ($4::uuid is null or stream = $4 or person = $4)
   and ($5::timestamptz is null or at >= $5)
   and ($6::timestamptz is null or at < $6)";

/// Acts, newest first, and how many there are in all.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(pool: &PgPool, filter: &Filter, limit: i64, skip: i64) -> sqlx::Result<(Vec<Act>, i64)> {
    let rows = format!("select * from read.activity where {WHICH} order by position desc limit $7 offset $8");
    let mut acts: Vec<Act> = sqlx::query_as(sqlx::AssertSqlSafe(rows))
        .bind(filter.of.map(|user| user.0))
        .bind(filter.actor.map(|user| user.0))
        .bind(&filter.actions)
        .bind(filter.target)
        .bind(filter.from)
        .bind(filter.to)
        .bind(limit)
        .bind(skip)
        .fetch_all(pool)
        .await?;
    let count = format!("select count(*) from read.activity where {WHICH}");
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .bind(filter.of.map(|user| user.0))
        .bind(filter.actor.map(|user| user.0))
        .bind(&filter.actions)
        .bind(filter.target)
        .bind(filter.from)
        .bind(filter.to)
        .fetch_one(pool)
        .await?;
    let people: HashSet<Uuid> = acts.iter().flat_map(|act| [act.actor, act.person]).flatten().collect();
    let names = names(pool, &people.into_iter().collect::<Vec<_>>()).await?;
    for act in &mut acts {
        act.actor_username = act.actor.and_then(|id| names.get(&id).cloned());
        act.person_username = act.person.and_then(|id| names.get(&id).cloned());
    }
    Ok((acts, total))
}

/// The positions of the events besides their account's own that are about `user`, in order.
///
/// # Errors
/// The database cannot be reached.
pub async fn about(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "select position from read.activity where person = $1 and stream_type = 'activity' order by position",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await
}
