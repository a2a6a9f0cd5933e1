//! The messages on a ticket.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::{MessageId, TicketId};
use domain::sealed::{REDACTED, Sealed};
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::attachments::Attachment;
use crate::facts::word;
use crate::in_column::{InColumn, listed};
use crate::person::TicketName;

/// The table `ticket_messages`.
pub struct Messages;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct MessageRow {
    pub(crate) id: Uuid,
    pub(crate) ticket: Uuid,
    pub(crate) position: i64,
    pub(crate) sender: Option<Uuid>,
    pub(crate) sender_role: String,
    pub(crate) message_type: String,
    pub(crate) content: String,
    pub(crate) is_internal: bool,
    pub(crate) is_ai: bool,
    pub(crate) feedback: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) mentions: String,
    pub(crate) is_redacted: bool,
    pub(crate) moved_to: Option<Uuid>,
    pub(crate) moved_from: Option<Uuid>,
}

impl Table for Messages {
    type Key = Uuid;
    type Row = MessageRow;

    const NAME: &'static str = "ticket_messages";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("ticket", Kind::Uuid),
        ("position", Kind::Int8),
        ("sender", Kind::Uuid),
        ("sender_role", Kind::Text),
        ("message_type", Kind::Text),
        ("content", Kind::Text),
        ("is_internal", Kind::Bool),
        ("is_ai", Kind::Bool),
        ("feedback", Kind::Text),
        ("created_at", Kind::Timestamp),
        ("mentions", Kind::Text),
        ("is_redacted", Kind::Bool),
        ("moved_to", Kind::Uuid),
        ("moved_from", Kind::Uuid),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["content"],
        of: &["MessagePosted", "MessageMovedIn", "MessageRedacted"],
        whose: "ticket in (select id from read.ticket_page where requester = $1)",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Conversation(
                ConversationEvent::MessagePosted { message_id, .. }
                | ConversationEvent::MessageMovedOut { message_id, .. }
                | ConversationEvent::MessageMovedIn { message_id, .. }
                | ConversationEvent::MessageRedacted { message_id, .. }
                | ConversationEvent::MessageFeedbackSet { message_id, .. },
            ) => Some(message_id.0),
            _ => None,
        }
    }

    fn fold(row: Option<MessageRow>, recorded: &Recorded) -> anyhow::Result<Option<MessageRow>> {
        let Event::Conversation(event) = &recorded.event else { return Ok(row) };
        Ok(Some(match event {
            ConversationEvent::MessagePosted {
                message_id,
                sender,
                sender_role,
                message_type,
                content,
                is_internal,
                is_ai,
                mentions,
                ..
            } => MessageRow {
                id: message_id.0,
                ticket: TicketId::of_stream(recorded.stream).stream(),
                position: recorded.position,
                sender: sender.map(|sender| sender.0),
                sender_role: word(*sender_role),
                message_type: word(*message_type),
                content: content.shown().to_owned(),
                is_internal: *is_internal,
                is_ai: *is_ai,
                feedback: "none".to_owned(),
                created_at: recorded.occurred_at,
                mentions: listed(mentions),
                is_redacted: false,
                moved_to: None,
                moved_from: None,
            },
            ConversationEvent::MessageMovedIn { .. } => {
                return Ok(MessageRow::moved_in(row, recorded, event));
            }
            // It is read where it is now.
            ConversationEvent::MessageMovedOut { to, .. } => {
                let row = row.context("nothing is known of this message")?;
                MessageRow { content: String::new(), moved_to: to.map(TicketId::stream), ..row }
            }
            ConversationEvent::MessageRedacted { left, reason, .. } => {
                let row = row.context("nothing is known of this message")?;
                // Who was erased is erased, whatever was redacted before.
                let gone = match reason.as_ref().map(Sealed::text) {
                    Some(None) => "[erased]",
                    _ => REDACTED,
                };
                let content = left.as_ref().map_or(gone, Sealed::shown).to_owned();
                MessageRow { content, is_redacted: true, ..row }
            }
            ConversationEvent::MessageFeedbackSet { feedback, .. } => {
                let row = row.context("nothing is known of this message")?;
                MessageRow { feedback: word(*feedback), ..row }
            }
            ConversationEvent::AttachmentAdded { .. } | ConversationEvent::AttachmentRemoved { .. } => {
                return Ok(row);
            }
        }))
    }
}

impl MessageRow {
    /// The message that goes on here from `recorded` on; at its old place, and with what was thought of it, if it was here before.
    fn moved_in(before: Option<Self>, recorded: &Recorded, event: &ConversationEvent) -> Option<Self> {
        let ConversationEvent::MessageMovedIn {
            message_id,
            from,
            sender,
            sender_role,
            message_type,
            content,
            is_redacted,
            is_internal,
            is_ai,
            mentions,
            posted_at,
            ..
        } = event
        else {
            return before;
        };
        let content = content.as_ref().map_or(REDACTED, Sealed::shown).to_owned();
        if let Some(before) = before {
            return Some(Self { content, is_redacted: *is_redacted, moved_to: None, ..before });
        }
        Some(Self {
            id: message_id.0,
            ticket: TicketId::of_stream(recorded.stream).stream(),
            position: recorded.position,
            sender: sender.map(|sender| sender.0),
            sender_role: word(*sender_role),
            message_type: word(*message_type),
            content,
            is_internal: *is_internal,
            is_ai: *is_ai,
            feedback: "none".to_owned(),
            created_at: *posted_at,
            mentions: listed(mentions),
            is_redacted: *is_redacted,
            moved_to: None,
            moved_from: from.map(TicketId::stream),
        })
    }
}

impl Row for MessageRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .uuid(self.ticket)
            .int8(self.position)
            .uuid(self.sender)
            .text(self.sender_role.as_str())
            .text(self.message_type.as_str())
            .text(self.content.as_str())
            .bool(self.is_internal)
            .bool(self.is_ai)
            .text(self.feedback.as_str())
            .timestamp(self.created_at)
            .text(self.mentions.as_str())
            .bool(self.is_redacted)
            .uuid(self.moved_to)
            .uuid(self.moved_from);
    }
}

/// A message; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the answer, and says something else")]
pub struct Message {
    /// Its identity.
    pub id: Uuid,
    /// Its place in the log: what `after_pos` continues from.
    pub position: i64,
    /// Who wrote it; none for the desk itself.
    #[sqlx(rename = "sender")]
    pub sender_id: Option<Uuid>,
    /// The name of who wrote it.
    pub sender_username: Option<String>,
    /// As what they wrote it: user, agent, admin, system.
    pub sender_role: String,
    /// `user_message`, `agent_message`, `system_message`.
    pub message_type: String,
    /// What it says.
    pub content: String,
    /// Whether only staff may read it.
    pub is_internal: bool,
    /// Whether a model wrote it.
    #[serde(rename = "isAI")]
    pub is_ai: bool,
    /// What was thought of it last: up, down, none.
    pub feedback: String,
    /// When it was written.
    #[sqlx(rename = "created_at")]
    pub timestamp: DateTime<Utc>,
    /// Who is spoken to in it: those who may read it, by id.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<Uuid>)]
    pub mentions: InColumn<Uuid>,
    /// Whether an administrator made what it said unreadable, all of it or parts.
    pub is_redacted: bool,
    /// Whether it went on on another ticket: then nothing is shown of what it says.
    #[sqlx(skip)]
    pub is_moved: bool,
    /// The ticket that it went on on, if the reader sees that.
    #[sqlx(skip)]
    pub moved_to: Option<TicketName>,
    /// The ticket that it was on before, if the reader sees that.
    #[sqlx(skip)]
    pub moved_from: Option<TicketName>,
    /// The same two, whoever looks: no part of an answer.
    #[sqlx(flatten)]
    #[serde(skip)]
    pub moves: Moves,
    /// The files that go with it.
    #[sqlx(json)]
    pub attachments: Vec<Attachment>,
}

/// The tickets that a message went on on and came from, whoever looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Moves {
    /// Where it went on.
    #[sqlx(rename = "moved_to")]
    pub to: Option<Uuid>,
    /// Where it was before.
    #[sqlx(rename = "moved_from")]
    pub from: Option<Uuid>,
}

impl Message {
    /// The message as somebody reads it who sees those of other tickets that `sees` says. Without this an answer names none.
    #[must_use]
    pub fn with_moves(mut self, sees: impl Fn(Uuid) -> bool) -> Self {
        let Moves { to, from } = self.moves;
        self.moved_to = to.filter(|to| sees(*to)).map(TicketName::from);
        self.moved_from = from.filter(|from| sees(*from)).map(TicketName::from);
        self
    }

    /// The message with what follows from its row alone.
    fn read(mut self) -> Self {
        self.is_moved = self.moves.to.is_some();
        self
    }
}

/// Which messages of a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// Only those behind this position.
    pub after: i64,
    /// At most this many, leaving out `skip` before them.
    pub limit: i64,
    /// How many to leave out.
    pub skip: i64,
    /// Whether the reader may see internal notes.
    pub internal: bool,
}

/// The messages that a condition is true of, with what is attached to each.
macro_rules! messages {
    ($condition:literal) => {
        concat!(
            "select m.*, u.username as sender_username, ",
            $crate::attachments::attached!("a.message = m.id"),
            " from read.ticket_messages m left join read.user_directory u on u.id = m.sender ",
            $condition
        )
    };
}

/// Messages of a ticket, oldest first. That the reader sees the ticket was decided before.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_ticket(
    database: impl PgExecutor<'_>,
    ticket: TicketId,
    which: Which,
) -> sqlx::Result<Vec<Message>> {
    let messages: Vec<Message> = sqlx::query_as(messages!(
        "where m.ticket = $1 and m.position > $2 and ($3 or not m.is_internal)
         order by m.position limit $4 offset $5"
    ))
    .bind(ticket.stream())
    .bind(which.after)
    .bind(which.internal)
    .bind(which.limit)
    .bind(which.skip)
    .fetch_all(database)
    .await?;
    Ok(messages.into_iter().map(Message::read).collect())
}

/// The messages of these ids, internal notes among them. Who may see which was decided, or is yet to be.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_ids(database: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<Message>> {
    let messages: Vec<Message> =
        sqlx::query_as(messages!("where m.id = any($1)")).bind(ids).fetch_all(database).await?;
    Ok(messages.into_iter().map(Message::read).collect())
}

/// One message of a ticket, if the reader may see it.
///
/// # Errors
/// The database cannot be reached.
pub async fn find(
    pool: &PgPool,
    ticket: TicketId,
    message: MessageId,
    internal: bool,
) -> sqlx::Result<Option<Message>> {
    let condition = messages!("where m.ticket = $1 and m.id = $2 and ($3 or not m.is_internal)");
    let message: Option<Message> = sqlx::query_as(condition)
        .bind(ticket.stream())
        .bind(message.0)
        .bind(internal)
        .fetch_optional(pool)
        .await?;
    Ok(message.map(Message::read))
}
