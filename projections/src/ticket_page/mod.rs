//! One ticket in full.

mod shown;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::conversation::ConversationEvent;
use domain::conversation::values::SenderRole;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

pub use self::shown::{FullTicket, TicketRef, find, reads_internal, resolve};
use crate::facts::{Facts, word};
use crate::followers;
use crate::labels;

/// The table `ticket_page`.
pub struct TicketPage;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct PageRow {
    pub(crate) id: Uuid,
    pub(crate) number: i64,
    pub(crate) title: String,
    pub(crate) description: String,
    #[sqlx(flatten)]
    pub(crate) facts: Facts,
    pub(crate) version: i32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) first_response_at: Option<DateTime<Utc>>,
    pub(crate) resolved_by: Option<String>,
    pub(crate) resolution: Option<String>,
    pub(crate) resolution_code: Option<String>,
    pub(crate) reopen_count: i32,
    pub(crate) merged_into: Option<Uuid>,
    pub(crate) feedback_rating: Option<i16>,
    pub(crate) feedback_comment: Option<String>,
    pub(crate) messages: i32,
    pub(crate) public_messages: i32,
    pub(crate) messages_version: i32,
    pub(crate) followers: String,
}

impl PageRow {
    fn created(recorded: &Recorded, event: &TicketEvent) -> Option<Self> {
        let TicketEvent::TicketCreated { title, description, .. } = event else { return None };
        Some(Self {
            id: recorded.stream,
            number: recorded.position,
            title: title.shown().to_owned(),
            description: description.shown().to_owned(),
            facts: Facts::created(event)?,
            version: recorded.version,
            created_at: recorded.occurred_at,
            updated_at: recorded.occurred_at,
            first_response_at: None,
            resolved_by: None,
            resolution: None,
            resolution_code: None,
            reopen_count: 0,
            merged_into: None,
            feedback_rating: None,
            feedback_comment: None,
            messages: 0,
            public_messages: 0,
            messages_version: 0,
            followers: ",".to_owned(),
        })
    }

    fn apply(&mut self, event: &TicketEvent) {
        self.facts.apply(event);
        if let Some(followers) = followers::after(&self.followers, event) {
            self.followers = followers;
        }
        match event {
            TicketEvent::TicketDetailsEdited { title, description } => {
                if let Some(title) = title {
                    title.shown().clone_into(&mut self.title);
                }
                if let Some(description) = description {
                    description.shown().clone_into(&mut self.description);
                }
            }
            TicketEvent::TicketResolved { by, resolution, resolution_code, .. } => {
                self.resolved_by = Some(word(*by));
                self.resolution = resolution.as_ref().map(|text| text.shown().to_owned());
                self.resolution_code.clone_from(resolution_code);
            }
            TicketEvent::TicketReopened { .. } => {
                self.reopen_count += 1;
                self.resolved_by = None;
                self.resolution = None;
                self.resolution_code = None;
            }
            TicketEvent::FeedbackGiven { rating, comment, .. } => {
                self.feedback_rating = rating.map(i16::from);
                self.feedback_comment = comment.as_ref().map(|text| text.shown().to_owned());
            }
            TicketEvent::TicketMerged { into, .. } => self.merged_into = Some(into.stream()),
            TicketEvent::TicketUnmerged { .. } => self.merged_into = None,
            _ => {}
        }
    }

    /// An event that this version does not know changes nothing here, yet the ticket's version counts it.
    fn pass_over(&mut self, recorded: &Recorded) {
        if recorded.stream == self.id {
            self.version = recorded.version;
            self.updated_at = recorded.occurred_at;
        } else {
            self.messages_version = recorded.version;
        }
    }

    fn say(&mut self, recorded: &Recorded, event: &ConversationEvent) {
        self.messages_version = recorded.version;
        let (sender_role, is_internal, answers) = match event {
            ConversationEvent::MessagePosted { sender_role, is_internal, .. } => {
                (sender_role, is_internal, true)
            }
            // What staff said on another ticket was no answer to this one.
            ConversationEvent::MessageMovedIn { sender_role, is_internal, .. } => {
                (sender_role, is_internal, false)
            }
            _ => return,
        };
        self.updated_at = recorded.occurred_at;
        if event.is_return() {
            return;
        }
        self.messages += 1;
        if !is_internal {
            self.public_messages += 1;
            if answers && matches!(sender_role, SenderRole::Agent | SenderRole::Admin) {
                self.first_response_at.get_or_insert(recorded.occurred_at);
            }
        }
    }
}

impl Table for TicketPage {
    type Key = Uuid;
    type Row = PageRow;

    const NAME: &'static str = "ticket_page";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("number", Kind::Int8),
        ("title", Kind::Text),
        ("description", Kind::Text),
        ("urgency", Kind::Text),
        ("impact", Kind::Text),
        ("priority", Kind::Text),
        ("priority_source", Kind::Text),
        ("status", Kind::Text),
        ("department", Kind::Text),
        ("requester", Kind::Uuid),
        ("assignee", Kind::Uuid),
        ("misuse_flag", Kind::Bool),
        ("version", Kind::Int4),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
        ("first_response_at", Kind::Timestamp),
        ("resolved_at", Kind::Timestamp),
        ("closed_at", Kind::Timestamp),
        ("resolved_by", Kind::Text),
        ("resolution", Kind::Text),
        ("resolution_code", Kind::Text),
        ("reopen_count", Kind::Int4),
        ("merged_into", Kind::Uuid),
        ("feedback_rating", Kind::Int2),
        ("feedback_comment", Kind::Text),
        ("messages", Kind::Int4),
        ("public_messages", Kind::Int4),
        ("messages_version", Kind::Int4),
        labels::COLUMNS[0],
        labels::COLUMNS[1],
        labels::COLUMNS[2],
        labels::COLUMNS[3],
        labels::COLUMNS[4],
        ("followers", Kind::Text),
    ];
    const OWN_ROWS: bool = true;

    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["title", "description", "resolution", "feedback_comment"],
        of: &["TicketCreated", "TicketDetailsEdited", "TicketResolved", "FeedbackGiven"],
        whose: "requester = $1",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        match &event.event {
            Event::Ticket(_) | Event::Conversation(_) | Event::Unknown(_) => {
                Some(TicketId::of_stream(event.stream).stream())
            }
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
            | Event::Misuse(_) => None,
        }
    }

    fn fold(row: Option<PageRow>, recorded: &Recorded) -> anyhow::Result<Option<PageRow>> {
        if let Event::Ticket(event @ TicketEvent::TicketCreated { .. }) = &recorded.event {
            return Ok(PageRow::created(recorded, event));
        }
        if let Event::Unknown(_) = &recorded.event {
            return Ok(row.map(|mut row| {
                row.pass_over(recorded);
                row
            }));
        }
        let mut row = row.context("nothing is known of this ticket's creation")?;
        match &recorded.event {
            Event::Ticket(event) => {
                row.apply(event);
                row.version = recorded.version;
                row.updated_at = recorded.occurred_at;
            }
            Event::Conversation(event) => row.say(recorded, event),
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
            | Event::Unknown(_) => {}
        }
        Ok(Some(row))
    }
}

impl Row for PageRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        let facts = &self.facts;
        cells
            .uuid(self.id)
            .int8(self.number)
            .text(self.title.as_str())
            .text(self.description.as_str())
            .text(facts.urgency.as_str())
            .text(facts.impact.as_deref())
            .text(facts.priority.as_str())
            .text(facts.priority_source.as_str())
            .text(facts.status.as_str())
            .text(facts.department.as_deref())
            .uuid(facts.requester)
            .uuid(facts.assignee)
            .bool(facts.misuse_flag)
            .int4(self.version)
            .timestamp(self.created_at)
            .timestamp(self.updated_at)
            .timestamp(self.first_response_at)
            .timestamp(facts.resolved_at)
            .timestamp(facts.closed_at)
            .text(self.resolved_by.as_deref())
            .text(self.resolution.as_deref())
            .text(self.resolution_code.as_deref())
            .int4(self.reopen_count)
            .uuid(self.merged_into)
            .int2(self.feedback_rating)
            .text(self.feedback_comment.as_deref())
            .int4(self.messages)
            .int4(self.public_messages)
            .int4(self.messages_version);
        facts.labels.cells(cells);
        cells.text(self.followers.as_str());
    }
}
