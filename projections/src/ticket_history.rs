//! Who did what to a ticket, and when: one entry per event, in words.

use chrono::{DateTime, Utc};
use domain::catalogue::values::Code;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::{EntryId, TicketId};
use domain::ticket::TicketEvent;
use domain::ticket::values::{Finding, FlaggedBy, RoutedBy, Status};
use infrastructure::projection::{Cells, Kind, Row, Table};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::everybody::for_everybody;
use crate::facts::word;

/// The table `ticket_history`.
pub struct TicketHistory;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct HistoryRow {
    pub(crate) position: i64,
    pub(crate) ticket: Uuid,
    pub(crate) version: i32,
    pub(crate) event_type: String,
    pub(crate) action: String,
    pub(crate) actor_kind: String,
    pub(crate) actor: Option<Uuid>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) was: Option<String>,
    pub(crate) became: Option<String>,
    pub(crate) description: String,
    pub(crate) is_internal: bool,
}

/// What an entry says of an event.
struct Entry {
    action: &'static str,
    was: Option<String>,
    became: Option<String>,
    description: String,
}

impl Entry {
    fn new(action: &'static str, description: impl Into<String>) -> Self {
        Self { action, was: None, became: None, description: description.into() }
    }

    fn change(self, was: Option<String>, became: Option<String>) -> Self {
        Self { was, became, ..self }
    }
}

/// What happened to a ticket, in words without personal data.
fn ticket_entry(event: &TicketEvent) -> Entry {
    use TicketEvent as E;
    match event {
        E::TicketCreated { .. } => Entry::new("created", "Ticket created"),
        E::TicketDetailsEdited { title, description } => {
            Entry::new("updated", edited(title.is_some(), description.is_some()))
        }
        E::PriorityChanged { priority, source, .. } => {
            let (priority, source) = (word(*priority), word(*source));
            Entry::new("priority_changed", format!("Priority is {priority} ({source})"))
                .change(None, Some(priority))
        }
        E::TicketTransferred { from, to, .. } => Entry::new("updated", format!("Transferred to {to}"))
            .change(from.as_ref().map(ToString::to_string), Some(to.to_string())),
        E::TicketAssigned { agent: Some(agent) } => {
            Entry::new("assigned", "Assigned to an agent").change(None, Some(agent.to_string()))
        }
        E::TicketAssigned { agent: None } => Entry::new("assigned", "Put into the department's queue"),
        E::TicketUnassigned {} => Entry::new("unassigned", "Nobody is responsible any more"),
        E::TeamAssigned { team: None } => Entry::new("updated", "No team's work any more"),
        E::TeamAssigned { team } => became("assigned", "Assigned to a team", *team),
        E::CategoryChanged { category } => became("updated", "Category changed", *category),
        E::BuildingChanged { building } => became("updated", "Building changed", *building),
        E::TagsChanged { tags } => {
            let tags = tags.iter().map(Code::as_str).collect::<Vec<_>>().join(", ");
            Entry::new("updated", "Tags changed").change(None, Some(tags).filter(|tags| !tags.is_empty()))
        }
        E::StatusChanged { from, to, .. } => {
            let (from, to) = (word(*from), word(*to));
            Entry::new("status_changed", format!("Status changed from {from} to {to}"))
                .change(Some(from), Some(to))
        }
        E::TicketResolved { by, .. } => Entry::new("resolved", format!("Resolved by the {}", word(*by))),
        E::TicketClosed { .. } => Entry::new("closed", "Closed"),
        E::TicketReopened { to, .. } => Entry::new("reopened", "Reopened").change(None, Some(word(*to))),
        E::FeedbackGiven { rating, .. } => {
            Entry::new("updated", "Feedback given").change(None, rating.map(|rating| rating.to_string()))
        }
        E::TicketScreened { found, .. } => Entry::new("updated", screened(*found)),
        E::TicketRouted { department: None, .. } => {
            Entry::new("updated", "Nobody could tell whose work it is: a person has to say")
        }
        E::TicketRouted { department: Some(to), by, .. } => {
            let how = if *by == RoutedBy::Filing { "as it was filed" } else { "by what it says" };
            Entry::new("updated", format!("Routed to {to}, {how}")).change(None, Some(to.to_string()))
        }
        E::TicketFlagged { by, .. } => Entry::new("updated", suspected(*by)),
        E::FlagCleared {} => Entry::new("updated", "Suspicion of misuse dropped"),
        E::MisuseConfirmed { .. } => Entry::new("closed", "Closed as misuse"),
        // Into which one stands on the ticket, for who sees that.
        E::TicketMerged { .. } => Entry::new("closed", "Merged into another ticket"),
        E::TicketUnmerged { to } => {
            let (from, to) = (word(Status::Closed), word(*to));
            Entry::new("status_changed", "Merge taken back").change(Some(from), Some(to))
        }
        E::TicketSplit { .. } => Entry::new("updated", "Another ticket was split off"),
        E::TicketLinked { to: Some(_), .. } => Entry::new("updated", "Linked with another ticket"),
        E::TicketLinked { to: None, .. } => Entry::new("updated", "Linked with an address"),
        E::TicketUnlinked { .. } => Entry::new("updated", "A link less"),
        E::TicketFollowed { user } => {
            Entry::new("updated", "Has another follower").change(None, Some(user.to_string()))
        }
        E::TicketUnfollowed { user } => {
            Entry::new("updated", "Has a follower less").change(Some(user.to_string()), None)
        }
    }
}

fn became(action: &'static str, description: &str, entry: Option<EntryId>) -> Entry {
    Entry::new(action, description).change(None, entry.map(|id| id.to_string()))
}

fn screened(found: Finding) -> &'static str {
    match found {
        Finding::Harmless => "Screened: harmless",
        Finding::Doubtful => "Screened: in doubt, a person has to look",
        Finding::Harmful => "Screened: suspected of misuse",
    }
}

fn suspected(by: FlaggedBy) -> &'static str {
    match by {
        FlaggedBy::Screening => "Misuse suspected by screening",
        FlaggedBy::Person => "Misuse suspected by staff",
        FlaggedBy::Unknown => "Misuse suspected",
    }
}

fn edited(title: bool, description: bool) -> &'static str {
    match (title, description) {
        (true, true) => "Title and description edited",
        (true, false) => "Title edited",
        _ => "Description edited",
    }
}

fn conversation_entry(event: &ConversationEvent) -> Entry {
    match event {
        ConversationEvent::MessagePosted { is_internal: true, .. } => {
            Entry::new("commented", "Internal note added")
        }
        ConversationEvent::MessagePosted { .. } => Entry::new("commented", "Message posted"),
        ConversationEvent::MessageMovedOut { is_internal: true, .. } => {
            Entry::new("updated", "Internal note moved to another ticket")
        }
        ConversationEvent::MessageMovedOut { .. } => Entry::new("updated", "Message moved to another ticket"),
        ConversationEvent::MessageMovedIn { is_internal: true, .. } => {
            Entry::new("commented", "Internal note moved here from another ticket")
        }
        ConversationEvent::MessageMovedIn { .. } => {
            Entry::new("commented", "Message moved here from another ticket")
        }
        ConversationEvent::MessageRedacted { is_internal: true, .. } => {
            Entry::new("updated", "Internal note redacted")
        }
        ConversationEvent::MessageRedacted { .. } => Entry::new("updated", "Message redacted"),
        ConversationEvent::AttachmentAdded { is_internal: true, .. } => {
            Entry::new("attachment_added", "Internal attachment added")
        }
        ConversationEvent::AttachmentAdded { .. } => Entry::new("attachment_added", "Attachment added"),
        ConversationEvent::AttachmentRemoved { is_internal: true, .. } => {
            Entry::new("updated", "Internal attachment removed")
        }
        ConversationEvent::AttachmentRemoved { .. } => Entry::new("updated", "Attachment removed"),
        ConversationEvent::MessageFeedbackSet { feedback, .. } => {
            Entry::new("updated", "Message judged").change(None, Some(word(*feedback)))
        }
    }
}

impl Table for TicketHistory {
    type Key = i64;
    type Row = HistoryRow;

    const NAME: &'static str = "ticket_history";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("position", Kind::Int8),
        ("ticket", Kind::Uuid),
        ("version", Kind::Int4),
        ("event_type", Kind::Text),
        ("action", Kind::Text),
        ("actor_kind", Kind::Text),
        ("actor", Kind::Uuid),
        ("at", Kind::Timestamp),
        ("was", Kind::Text),
        ("became", Kind::Text),
        ("description", Kind::Text),
        ("is_internal", Kind::Bool),
    ];
    const OWN_ROWS: bool = true;
    const APPEND_ONLY: bool = true;

    fn key(event: &Recorded) -> Option<i64> {
        matches!(event.event, Event::Ticket(_) | Event::Conversation(_)).then_some(event.position)
    }

    fn fold(_: Option<HistoryRow>, recorded: &Recorded) -> anyhow::Result<Option<HistoryRow>> {
        let (event_type, entry): (&'static str, Entry) = match &recorded.event {
            Event::Ticket(event) => (event.into(), ticket_entry(event)),
            Event::Conversation(event) => (event.into(), conversation_entry(event)),
            Event::User(_)
            | Event::Setting(_)
            | Event::Activity(_)
            | Event::Catalogue(_)
            | Event::Workload(_)
            | Event::Webhook(_)
            | Event::Notification(_)
            | Event::Article(_)
            | Event::Reception(_)
            | Event::Chat(_)
            | Event::Suggestion(_)
            | Event::Misuse(_)
            | Event::Unknown(_) => return Ok(None),
        };
        Ok(Some(HistoryRow {
            position: recorded.position,
            ticket: TicketId::of_stream(recorded.stream).stream(),
            version: recorded.version,
            event_type: event_type.to_owned(),
            action: entry.action.to_owned(),
            actor_kind: word(recorded.actor.kind),
            actor: recorded.actor.id,
            at: recorded.occurred_at,
            was: entry.was,
            became: entry.became,
            description: entry.description,
            is_internal: recorded.event.is_internal(),
        }))
    }
}

impl Row for HistoryRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .int8(self.position)
            .uuid(self.ticket)
            .int4(self.version)
            .text(self.event_type.as_str())
            .text(self.action.as_str())
            .text(self.actor_kind.as_str())
            .uuid(self.actor)
            .timestamp(self.at)
            .text(self.was.as_deref())
            .text(self.became.as_deref())
            .text(self.description.as_str())
            .bool(self.is_internal);
    }
}

/// Something that happened to a ticket; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct Happened {
    /// Its place in the log.
    pub position: i64,
    /// What was done: created, updated, `status_changed`, `priority_changed`, assigned, unassigned,
    /// commented, `attachment_added`, resolved, closed, reopened.
    pub action: String,
    /// The event behind it.
    pub event_type: String,
    /// As what somebody did it: user, agent, admin, system.
    pub actor_kind: String,
    /// Who did it; none for the desk itself.
    pub actor_id: Option<Uuid>,
    /// The name of who did it.
    pub actor_username: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// What was before.
    pub from: Option<String>,
    /// What is since.
    pub to: Option<String>,
    /// What happened, in words.
    pub description: String,
}

/// What happened to a ticket, oldest first. That the reader sees the ticket was decided before.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_ticket(
    database: impl PgExecutor<'_>,
    ticket: TicketId,
    internal: bool,
    limit: i64,
    skip: i64,
) -> sqlx::Result<Vec<Happened>> {
    let mut happened: Vec<Happened> = sqlx::query_as(
        r#"select h.position, h.action, h.event_type, h.actor_kind, h.actor as actor_id,
                  u.username as actor_username, h.at, h.was as "from", h.became as "to", h.description
             from read.ticket_history h
             left join read.user_directory u on u.id = h.actor
            where h.ticket = $1 and ($2 or not h.is_internal)
            order by h.position
            limit $3 offset $4"#,
    )
    .bind(ticket.stream())
    .bind(internal)
    .bind(limit)
    .bind(skip)
    .fetch_all(database)
    .await?;
    for entry in happened.iter_mut().filter(|_| !internal) {
        if let Some((event_type, words)) = for_everybody(&entry.event_type, entry.to.as_deref()) {
            (entry.event_type, entry.description) = (event_type.to_owned(), words);
        }
    }
    Ok(happened)
}

/// How many entries the reader may see.
///
/// # Errors
/// The database cannot be reached.
pub async fn count(pool: &PgPool, ticket: TicketId, internal: bool) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from read.ticket_history where ticket = $1 and ($2 or not is_internal)",
    )
    .bind(ticket.stream())
    .bind(internal)
    .fetch_one(pool)
    .await
}

/// An event somebody missed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct Missed {
    /// The version of the ticket (or of its conversation) that it led to.
    pub version: i32,
    /// Its place in the log.
    pub position: i64,
    /// Its type.
    pub event_type: String,
    /// As what somebody acted.
    pub actor_kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened, in words.
    pub description: String,
    /// What is since.
    #[sqlx(rename = "became")]
    #[serde(skip)]
    to: Option<String>,
}

/// What happened since `version` to the ticket itself, or with `conversation` to its conversation.
///
/// # Errors
/// The database cannot be reached.
pub async fn missed_since(
    pool: &PgPool,
    ticket: TicketId,
    version: i32,
    conversation: bool,
    internal: bool,
) -> sqlx::Result<Vec<Missed>> {
    let mut missed: Vec<Missed> = sqlx::query_as(
        "select version, position, event_type, actor_kind, at, description, became
           from read.ticket_history
          where ticket = $1 and version > $2 and (event_type like 'Message%' or event_type like 'Attachment%') = $3 and ($4 or not is_internal)
          order by position
          limit 100",
    )
    .bind(ticket.stream())
    .bind(version)
    .bind(conversation)
    .bind(internal)
    .fetch_all(pool)
    .await?;
    for event in missed.iter_mut().filter(|_| !internal) {
        if let Some((event_type, words)) = for_everybody(&event.event_type, event.to.as_deref()) {
            (event.event_type, event.description) = (event_type.to_owned(), words);
        }
    }
    Ok(missed)
}
