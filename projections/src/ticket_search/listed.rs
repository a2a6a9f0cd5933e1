//! A ticket as lists show it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::labels::ShownLabels;
use crate::person::TicketName;

/// A ticket in the list; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct ListedTicket {
    /// The identity of its stream.
    pub id: Uuid,
    /// Its id as people write it.
    #[sqlx(rename = "id", try_from = "Uuid")]
    pub ticket_id: TicketName,
    /// Its number: unique, rising, short.
    pub number: i64,
    /// The problem in a line.
    pub title: String,
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
    /// When it was resolved, unless reopened since.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed, unless reopened since.
    pub closed_at: Option<DateTime<Utc>>,
    /// How many public messages are on it.
    #[sqlx(rename = "messages")]
    pub message_count: i32,
    /// What it refers to.
    #[sqlx(flatten)]
    #[serde(flatten)]
    #[schema(inline)]
    pub labels: ShownLabels,
}
