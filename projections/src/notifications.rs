//! Who was told of what, and what of it they have not read. How many that is is kept, never counted.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::access::Sight;
use domain::event::{Event, Recorded};
use domain::id::{NotificationId, TicketId, UserId};
use domain::notification::NotificationEvent;
use domain::notification::values::{Channel, Kind as Subject};
use infrastructure::projection::{Cells, Counters, Kind, Row, Table};
use sqlx::{FromRow, PgExecutor, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::sight;

/// The table `notifications`.
pub struct Notifications;

/// A row of the table: facts only, what they say is for whoever shows them to find.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Notified {
    /// Its identity: its stream.
    pub id: Uuid,
    /// Who is told.
    pub user_id: Uuid,
    /// What it is about.
    pub kind: String,
    /// The ticket.
    pub ticket: Option<Uuid>,
    /// The message.
    pub message: Option<Uuid>,
    /// Who did it; none for the desk itself.
    pub by_id: Option<Uuid>,
    /// To whom the ticket was assigned.
    pub assignee: Option<Uuid>,
    /// Where the ticket stood from then on.
    pub status: Option<String>,
    /// What a system alert says.
    pub alert: Option<String>,
    in_app: bool,
    /// Whether it was read.
    pub is_read: bool,
    /// When.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
    /// The position of the event that raised it.
    pub position: i64,
    /// The report of misuse.
    pub report: Option<Uuid>,
}

/// How many notifications somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All that were not deleted.
    pub total: i64,
    /// Those that were not read.
    pub unread: i64,
}

/// Which notifications of somebody.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Only those that were read, or that were not.
    pub unread: Option<bool>,
    /// Only those of these kinds; all if there are none.
    pub kinds: Vec<Subject>,
}

impl Notified {
    /// Whether the list shows it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.in_app
    }

    fn raised(recorded: &Recorded, event: &NotificationEvent) -> Option<Self> {
        let NotificationEvent::NotificationRaised {
            user,
            kind,
            ticket,
            message_id,
            by,
            assignee,
            status,
            alert,
            report,
            channels,
        } = event
        else {
            return None;
        };
        Some(Self {
            id: recorded.stream,
            user_id: user.0,
            kind: kind.as_str().to_owned(),
            ticket: ticket.map(TicketId::stream),
            message: message_id.map(|message| message.0),
            by_id: by.map(|by| by.0),
            assignee: assignee.map(|assignee| assignee.0),
            status: status.map(|status| status.as_str().to_owned()),
            alert: alert.map(|alert| <&str>::from(alert).to_owned()),
            in_app: channels.contains(&Channel::InApp),
            is_read: false,
            read_at: None,
            created_at: recorded.occurred_at,
            position: recorded.position,
            report: report.map(|report| report.0),
        })
    }
}

impl Table for Notifications {
    type Key = Uuid;
    type Row = Notified;

    const NAME: &'static str = "notifications";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("user_id", Kind::Uuid),
        ("kind", Kind::Text),
        ("ticket", Kind::Uuid),
        ("message", Kind::Uuid),
        ("by_id", Kind::Uuid),
        ("assignee", Kind::Uuid),
        ("status", Kind::Text),
        ("alert", Kind::Text),
        ("in_app", Kind::Bool),
        ("is_read", Kind::Bool),
        ("read_at", Kind::Timestamp),
        ("created_at", Kind::Timestamp),
        ("position", Kind::Int8),
        ("report", Kind::Uuid),
    ];
    const OWN_ROWS: bool = true;
    const COUNTERS: Option<Counters<Notified>> = Some(Counters {
        table: "notification_counts",
        columns: &["user_id", "state"],
        cell: |row| {
            let user = if row.in_app { row.user_id.to_string() } else { String::new() };
            vec![user, if row.is_read { "read" } else { "unread" }.to_owned()]
        },
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Notification(_)).then_some(event.stream)
    }

    fn fold(row: Option<Notified>, recorded: &Recorded) -> anyhow::Result<Option<Notified>> {
        let Event::Notification(event) = &recorded.event else { return Ok(row) };
        if let Some(raised) = Notified::raised(recorded, event) {
            return Ok(Some(raised));
        }
        let row = row.context("nothing is known of how this notification was raised")?;
        Ok(match event {
            NotificationEvent::NotificationRead { .. } => {
                Some(Notified { is_read: true, read_at: Some(recorded.occurred_at), ..row })
            }
            NotificationEvent::NotificationUnread { .. } => {
                Some(Notified { is_read: false, read_at: None, ..row })
            }
            NotificationEvent::NotificationDeleted { .. } => None,
            NotificationEvent::NotificationRaised { .. } => Some(row),
        })
    }
}

impl Row for Notified {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .uuid(self.user_id)
            .text(self.kind.as_str())
            .uuid(self.ticket)
            .uuid(self.message)
            .uuid(self.by_id)
            .uuid(self.assignee)
            .text(self.status.as_deref())
            .text(self.alert.as_deref())
            .bool(self.in_app)
            .bool(self.is_read)
            .timestamp(self.read_at)
            .timestamp(self.created_at)
            .int8(self.position)
            .uuid(self.report);
    }
}

impl Which {
    fn push(&self, query: &mut QueryBuilder<Postgres>, user: UserId) {
        query.push(" where user_id = ").push_bind(user.0).push(" and in_app");
        match self.unread {
            Some(true) => query.push(" and not is_read"),
            Some(false) => query.push(" and is_read"),
            None => query,
        };
        if !self.kinds.is_empty() {
            let kinds: Vec<String> = self.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
            query.push(" and kind = any(").push_bind(kinds).push(")");
        }
    }
}

/// Notifications of `user`, the newest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(
    pool: &PgPool,
    user: UserId,
    which: &Which,
    limit: i64,
    skip: i64,
) -> sqlx::Result<Vec<Notified>> {
    let mut query = QueryBuilder::new("select * from read.notifications");
    which.push(&mut query, user);
    // Numbers in the text, not arguments: a plan made once has to know that a page is short.
    query.push(format!(" order by position desc, id limit {limit} offset {skip}"));
    query.build_query_as().fetch_all(pool).await
}

/// How many notifications `user` has.
///
/// # Errors
/// The database cannot be reached.
pub async fn counts(database: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Counts> {
    let (total, unread): (i64, i64) = sqlx::query_as(
        "select coalesce(sum(n), 0)::bigint, coalesce(sum(n) filter (where state = 'unread'), 0)::bigint
           from read.notification_counts
          where user_id = $1::text",
    )
    .bind(user.0)
    .fetch_one(database)
    .await?;
    Ok(Counts { total, unread })
}

/// How many of the notifications of `user` are `which`: what is kept if that says it, and else counted.
///
/// # Errors
/// The database cannot be reached.
pub async fn how_many(pool: &PgPool, user: UserId, which: &Which) -> sqlx::Result<i64> {
    if which.kinds.is_empty() {
        let Counts { total, unread } = counts(pool, user).await?;
        return Ok(match which.unread {
            None => total,
            Some(true) => unread,
            Some(false) => total - unread,
        });
    }
    let mut query = QueryBuilder::new("select count(*) from read.notifications");
    which.push(&mut query, user);
    query.build_query_scalar().fetch_one(pool).await
}

/// The notifications of `user` that were not read, the oldest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn unread(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<NotificationId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id
           from read.notifications
          where user_id = $1 and in_app and not is_read
          order by position, id",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(NotificationId::of_stream).collect())
}

/// All notifications of `user` that were not deleted, also those that no list shows, the oldest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_person(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<Notified>> {
    sqlx::query_as("select * from read.notifications where user_id = $1 order by position, id")
        .bind(user.0)
        .fetch_all(pool)
        .await
}

/// The notifications of these ids that were not deleted, whoever they are of.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_ids(database: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<Notified>> {
    sqlx::query_as("select * from read.notifications where id = any($1) order by position, id")
        .bind(ids)
        .fetch_all(database)
        .await
}

/// A ticket that a notification is about, in brief.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct TicketInBrief {
    id: Uuid,
    /// Its number.
    pub number: i64,
    /// The problem in a line.
    pub title: String,
    /// Who filed it.
    pub requester: Uuid,
    assignee: Option<Uuid>,
}

impl TicketInBrief {
    /// Whether internal notes on it are theirs to read who see as far as `sight`.
    #[must_use]
    pub fn reads_internal(&self, sight: &Sight) -> bool {
        sight.reads_internal(UserId(self.requester), self.assignee.map(UserId))
    }
}

/// Those of `tickets` (streams of tickets) that are within `sight`.
///
/// # Errors
/// The database cannot be reached.
pub async fn tickets(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    tickets: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, TicketInBrief>> {
    let mut query = QueryBuilder::new(
        "select t.id, t.number, t.title, t.requester, t.assignee from read.ticket_page t where t.id = any(",
    );
    query.push_bind(tickets).push(") and ");
    sight::push(&mut query, sight);
    let rows: Vec<TicketInBrief> = query.build_query_as().fetch_all(database).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
