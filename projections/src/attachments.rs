//! The files on tickets and with messages.

use chrono::{DateTime, Utc};
use domain::access::Sight;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::{AttachmentId, TicketId};
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgExecutor};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sight;

/// The table `ticket_attachments`.
pub struct TicketAttachments;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct AttachmentRow {
    pub(crate) id: Uuid,
    pub(crate) ticket: Uuid,
    pub(crate) message: Option<Uuid>,
    pub(crate) position: i64,
    pub(crate) uploader: Uuid,
    pub(crate) name: String,
    pub(crate) size: i64,
    pub(crate) mime: String,
    pub(crate) sha256: String,
    pub(crate) is_internal: bool,
    pub(crate) added_at: DateTime<Utc>,
}

impl Table for TicketAttachments {
    type Key = Uuid;
    type Row = AttachmentRow;

    const NAME: &'static str = "ticket_attachments";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("ticket", Kind::Uuid),
        ("message", Kind::Uuid),
        ("position", Kind::Int8),
        ("uploader", Kind::Uuid),
        ("name", Kind::Text),
        ("size", Kind::Int8),
        ("mime", Kind::Text),
        ("sha256", Kind::Text),
        ("is_internal", Kind::Bool),
        ("added_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["name"],
        of: &["AttachmentAdded"],
        whose: "ticket in (select id from read.ticket_page where requester = $1)",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Conversation(
                ConversationEvent::AttachmentAdded { attachment_id, .. }
                | ConversationEvent::AttachmentRemoved { attachment_id, .. },
            ) => Some(attachment_id.0),
            _ => None,
        }
    }

    fn fold(row: Option<AttachmentRow>, recorded: &Recorded) -> anyhow::Result<Option<AttachmentRow>> {
        let Event::Conversation(event) = &recorded.event else { return Ok(row) };
        Ok(match event {
            ConversationEvent::AttachmentAdded {
                attachment_id,
                message_id,
                uploader,
                name,
                size,
                mime,
                sha256,
                is_internal,
                at,
            } => Some(AttachmentRow {
                id: attachment_id.0,
                ticket: TicketId::of_stream(recorded.stream).stream(),
                message: message_id.map(|message| message.0),
                position: recorded.position,
                uploader: uploader.0,
                name: name.shown().to_owned(),
                size: *size,
                mime: mime.clone(),
                sha256: sha256.clone(),
                is_internal: *is_internal,
                added_at: *at,
            }),
            ConversationEvent::AttachmentRemoved { .. } => None,
            _ => row,
        })
    }
}

impl Row for AttachmentRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .uuid(self.ticket)
            .uuid(self.message)
            .int8(self.position)
            .uuid(self.uploader)
            .text(self.name.as_str())
            .int8(self.size)
            .text(self.mime.as_str())
            .text(self.sha256.as_str())
            .bool(self.is_internal)
            .timestamp(self.added_at);
    }
}

/// A file on a ticket; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, FromRow)]
pub struct Attachment {
    /// Its identity.
    pub id: Uuid,
    /// The message that it goes with; none if it goes with the ticket itself.
    #[sqlx(rename = "message")]
    pub message_id: Option<Uuid>,
    /// What it is called.
    #[schema(example = "screenshot.png")]
    pub name: String,
    /// How many bytes it has.
    #[schema(example = 48_213)]
    pub size: i64,
    /// Its media type, by its content.
    #[schema(example = "image/png")]
    pub mime: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Whether only staff may see it.
    pub is_internal: bool,
    /// Who uploaded it.
    #[sqlx(rename = "uploader")]
    pub uploaded_by: Uuid,
    /// When it was put there.
    pub added_at: DateTime<Utc>,
}

impl From<AttachmentRow> for Attachment {
    fn from(row: AttachmentRow) -> Self {
        let AttachmentRow { id, message, uploader, name, size, mime, sha256, is_internal, added_at, .. } =
            row;
        Self {
            id,
            message_id: message,
            name,
            size,
            mime,
            sha256,
            is_internal,
            uploaded_by: uploader,
            added_at,
        }
    }
}

/// The column `attachments`: the files `a` that a condition is true of, as JSON, oldest first.
macro_rules! attached {
    ($condition:literal) => {
        concat!(
            "(select coalesce(json_agg(json_build_object(
                 'id', a.id, 'message_id', a.message, 'name', a.name, 'size', a.size, 'mime', a.mime,
                 'sha256', a.sha256, 'is_internal', a.is_internal, 'uploaded_by', a.uploader,
                 'added_at', a.added_at) order by a.position), '[]')
                from read.ticket_attachments a where ",
            $condition,
            ") as attachments"
        )
    };
}
pub(crate) use attached;

/// The files on a ticket, oldest first. That the reader sees the ticket was decided before.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_ticket(
    database: impl PgExecutor<'_>,
    ticket: TicketId,
    internal: bool,
) -> sqlx::Result<Vec<Attachment>> {
    sqlx::query_as(
        "select * from read.ticket_attachments
          where ticket = $1 and ($2 or not is_internal)
          order by position",
    )
    .bind(ticket.stream())
    .bind(internal)
    .fetch_all(database)
    .await
}

/// The file and the ticket that it is on, if `sight` sees both.
///
/// # Errors
/// The database cannot be reached.
pub async fn find<'d, D: PgExecutor<'d> + Copy>(
    database: D,
    sight: &Sight,
    id: AttachmentId,
) -> sqlx::Result<Option<(TicketId, Attachment)>> {
    let query = sqlx::query_as("select * from read.ticket_attachments where id = $1").bind(id.0);
    let found: Option<AttachmentRow> = query.fetch_optional(database).await?;
    let Some(row) = found else { return Ok(None) };
    let seen = sight::seen(database, sight, &[row.ticket]).await?;
    let may_see = seen.get(&row.ticket).is_some_and(|internal| *internal || !row.is_internal);
    Ok(may_see.then(|| (TicketId::of_stream(row.ticket), row.into())))
}

/// The files that `user` uploaded, wherever they are, oldest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn uploaded_by(database: impl PgExecutor<'_>, user: Uuid) -> sqlx::Result<Vec<Attachment>> {
    sqlx::query_as("select * from read.ticket_attachments where uploader = $1 order by position")
        .bind(user)
        .fetch_all(database)
        .await
}
