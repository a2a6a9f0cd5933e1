//! What is shown of one ticket, and finding it.

use chrono::{DateTime, Utc};
use domain::access::{Department, Sight, Whose};
use domain::id::{EntryId, TicketId, UserId};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::attachments::{Attachment, attached};
use crate::followers::Follower;
use crate::in_column::InColumn;
use crate::labels::ShownLabels;
use crate::other_ticket::OtherTicket;
use crate::person::TicketName;
use crate::sight;

/// A ticket in full; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct FullTicket {
    /// The identity of its stream.
    pub id: Uuid,
    /// Its id as people write it.
    #[sqlx(rename = "id", try_from = "Uuid")]
    pub ticket_id: TicketName,
    /// Its number: unique, rising, short.
    pub number: i64,
    /// The problem in a line.
    pub title: String,
    /// The problem in full.
    pub description: String,
    /// How pressing the requester says it is: low, medium, high.
    pub urgency: String,
    /// How many are affected, once judged: low, medium, high.
    pub impact: Option<String>,
    /// What agents work by: low, medium, high, critical.
    pub priority: String,
    /// Where the priority comes from: computed, ai, manual.
    pub priority_source: String,
    /// open, assigned, `in_progress`, `waiting_on_customer`, resolved, closed.
    pub status: String,
    /// The department responsible.
    pub department: Option<String>,
    /// Who filed it.
    #[sqlx(rename = "requester")]
    pub user_id: Uuid,
    /// The name of who filed it.
    pub requester_username: Option<String>,
    /// The agent responsible.
    #[sqlx(rename = "assignee")]
    pub assignee_id: Option<Uuid>,
    /// The name of the agent responsible.
    pub assignee_username: Option<String>,
    /// Whether misuse is suspected.
    pub misuse_flag: bool,
    /// How many events made it; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When it was filed.
    pub created_at: DateTime<Utc>,
    /// When anything last happened on it.
    pub updated_at: DateTime<Utc>,
    /// When staff first answered publicly.
    pub first_response_at: Option<DateTime<Utc>>,
    /// When it was resolved, unless reopened since.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed, unless reopened since.
    pub closed_at: Option<DateTime<Utc>>,
    /// As what somebody resolved it: requester, agent, admin, system.
    pub resolved_by: Option<String>,
    /// What solved it.
    pub resolution: Option<String>,
    /// What solved it, as a code.
    pub resolution_code: Option<String>,
    /// How often it was reopened.
    pub reopen_count: i32,
    /// The ticket it was merged into, if the reader sees that.
    #[sqlx(skip)]
    pub merged_into: Option<OtherTicket>,
    /// The same, whoever looks: no part of an answer.
    #[sqlx(rename = "merged_into")]
    #[serde(skip)]
    pub merging: Option<Uuid>,
    /// The tickets that were merged into it, as far as the reader sees them.
    #[sqlx(skip)]
    pub merged_tickets: Vec<OtherTicket>,
    /// The requester's judgement, one to five.
    pub feedback_rating: Option<i16>,
    /// The requester's judgement in words.
    pub feedback_comment: Option<String>,
    /// How many messages the reader may see.
    #[sqlx(rename = "messages")]
    pub message_count: i32,
    /// The version of the conversation, for `If-Match` when posting a message.
    pub messages_version: i32,
    /// Who follows it, as far as the reader learns of it: staff of all who may read it, everybody else of themselves.
    #[sqlx(skip)]
    pub followers: Vec<Follower>,
    /// All who follow it, whoever looks: no part of an answer.
    #[sqlx(rename = "followers", try_from = "String")]
    #[serde(skip)]
    pub following: InColumn<Uuid>,
    /// The files on it that the reader may see, also those that go with messages.
    #[sqlx(json)]
    pub attachments: Vec<Attachment>,
    /// What it refers to.
    #[sqlx(flatten)]
    #[serde(flatten)]
    #[schema(inline)]
    pub labels: ShownLabels,
}

impl FullTicket {
    /// What its visibility depends on, given the department responsible as a word.
    #[must_use]
    pub fn whose<'a>(&self, department: Option<&'a Department>) -> Whose<'a> {
        Whose {
            requester: UserId(self.user_id),
            department,
            assignee: self.assignee_id.map(UserId),
            organization: self.labels.organization_id.map(EntryId),
        }
    }
}

/// How somebody names a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketRef {
    /// By its id.
    Id(TicketId),
    /// By its number.
    Number(i64),
}

/// The ticket, if `sight` sees it.
///
/// # Errors
/// The database cannot be reached.
pub async fn find(
    database: impl PgExecutor<'_>,
    sight: &Sight,
    ticket: TicketRef,
) -> sqlx::Result<Option<FullTicket>> {
    let mut query = QueryBuilder::new(concat!(
        "select t.*, r.username as requester_username, s.username as assignee_username, ",
        attached!("a.ticket = t.id"),
        " from read.ticket_page t
           left join read.user_directory r on r.id = t.requester
           left join read.user_directory s on s.id = t.assignee
          where ",
    ));
    match ticket {
        TicketRef::Id(id) => query.push("t.id = ").push_bind(id.stream()),
        TicketRef::Number(number) => query.push("t.number = ").push_bind(number),
    };
    query.push(" and ");
    sight::push(&mut query, sight);
    let found: Option<Found> = query.build_query_as().fetch_optional(database).await?;
    Ok(found.map(|found| found.seen_by(sight)))
}

#[derive(FromRow)]
struct Found {
    #[sqlx(flatten)]
    ticket: FullTicket,
    public_messages: i32,
}

impl Found {
    /// A requester does not learn how many internal notes there are, nor what is attached for staff.
    fn seen_by(mut self, sight: &Sight) -> FullTicket {
        if reads_internal(sight, &self.ticket) {
            self.ticket
        } else {
            self.ticket.attachments.retain(|attachment| !attachment.is_internal);
            FullTicket { message_count: self.public_messages, ..self.ticket }
        }
    }
}

/// The id of the ticket with this number, if `sight` sees it.
///
/// # Errors
/// The database cannot be reached.
pub async fn resolve(pool: &PgPool, sight: &Sight, ticket: TicketRef) -> sqlx::Result<Option<TicketId>> {
    let mut query = QueryBuilder::new("select t.id from read.ticket_page t where ");
    match ticket {
        TicketRef::Id(id) => query.push("t.id = ").push_bind(id.stream()),
        TicketRef::Number(number) => query.push("t.number = ").push_bind(number),
    };
    query.push(" and ");
    sight::push(&mut query, sight);
    let id: Option<Uuid> = query.build_query_scalar().fetch_optional(pool).await?;
    Ok(id.map(TicketId::of_stream))
}

/// Whether internal notes on the ticket are the reader's to read: see [`Sight::reads_internal`].
#[must_use]
pub fn reads_internal(sight: &Sight, ticket: &FullTicket) -> bool {
    sight.reads_internal(UserId(ticket.user_id), ticket.assignee_id.map(UserId))
}
