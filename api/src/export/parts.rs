//! The parts of the document about a person.

use chrono::{DateTime, Utc};
use domain::access::ActorKind;
use domain::event::{Event, Recorded};
use domain::id::{NotificationId, TicketId, UserId};
use infrastructure::keys::Keyring;
use infrastructure::log::Trace;
use infrastructure::push::{self, Subscription};
use projections::articles::votes::OwnVote;
use projections::attachments::Attachment;
use projections::misuse_reports::ShownReport;
use projections::notifications::Notified;
use serde::Serialize;
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_tokens::{self, Kept};
use crate::drafts::ExportedDraft;

/// Everything stored about a person.
#[derive(Serialize, ToSchema)]
pub struct PersonalData {
    /// The person.
    pub user_id: UserId,
    /// When this was written.
    pub exported_at: DateTime<Utc>,
    /// Up to which position of the log.
    pub head: i64,
    /// What happened to their account.
    pub account: Vec<ExportedEvent>,
    /// Since when they are signed in where.
    pub sign_ins: Vec<SignIn>,
    /// The API tokens that were issued for them.
    pub api_tokens: Vec<ExportedToken>,
    /// Their sign-ins and what else is noted about them, with addresses and devices.
    pub activity: Vec<ExportedEvent>,
    /// The files that they uploaded and that are on tickets.
    pub attachments: Vec<Attachment>,
    /// What they were told of, the oldest first, but for what they deleted.
    pub notifications: Vec<ExportedNotification>,
    /// What they say of articles.
    pub article_votes: Vec<OwnVote>,
    /// The reports of misuse about them; none in what they get themselves.
    pub misuse_reports: Vec<ShownReport>,
    /// How many of their requests have an answer kept for repetitions, for 24 hours.
    pub kept_answers: i64,
    /// How many mails to them wait to be sent, or were given up in the last seven days.
    pub waiting_mails: i64,
    /// The browsers that they let the desk notify.
    pub push_subscriptions: Vec<ExportedSubscription>,
    /// How many messages to those wait to be sent, or were given up in the last seven days.
    pub waiting_push_messages: i64,
    /// What they are writing on tickets and have not sent.
    pub drafts: Vec<ExportedDraft>,
    /// What they did, on their own tickets and on others.
    pub acts: Vec<Act>,
    /// The tickets that are theirs, with everything that happened to each and was said on it.
    pub tickets: Vec<ExportedTicket>,
}

/// Something that the person was told of: what it is about, which holds no text.
#[derive(Serialize, ToSchema)]
pub struct ExportedNotification {
    /// Its id.
    #[schema(example = "NOT-1763700000000-4K9XQ2D7M0ZR")]
    pub id: String,
    /// What it is about.
    #[serde(rename = "type")]
    #[schema(example = "message_received")]
    pub kind: String,
    /// The ticket.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    pub ticket_id: Option<String>,
    /// When they read it.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
}

/// A ticket of the person's.
#[derive(Serialize, ToSchema)]
pub struct ExportedTicket {
    /// Its id.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    pub ticket_id: String,
    /// Its number.
    pub number: i64,
    /// What happened to it and was said on it, in order.
    pub events: Vec<ExportedEvent>,
}

/// An event as it is in the log, its texts opened.
#[derive(Serialize, ToSchema)]
pub struct ExportedEvent {
    /// Its place in the log.
    pub position: i64,
    /// Its identity.
    pub event_id: Uuid,
    /// Its type.
    #[schema(example = "TicketCreated")]
    pub event_type: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the log accepted it.
    pub recorded_at: DateTime<Utc>,
    /// As what somebody acted.
    pub actor: ActorKind,
    /// Who; none for the desk itself.
    pub actor_id: Option<Uuid>,
    /// Its fields.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl ExportedEvent {
    /// `recorded`, of whose event `part` is to be shown.
    pub(super) fn of(recorded: &Recorded, part: &Event) -> serde_json::Result<Self> {
        Ok(Self {
            position: recorded.position,
            event_id: recorded.event_id,
            event_type: part.type_name().to_owned(),
            occurred_at: recorded.occurred_at,
            recorded_at: recorded.recorded_at,
            actor: recorded.actor.kind,
            actor_id: recorded.actor.id,
            data: part.shown()?,
        })
    }
}

/// Something the person did.
#[derive(Serialize, ToSchema)]
pub struct Act {
    /// The event's place in the log.
    pub position: i64,
    /// The event's type.
    #[schema(example = "MessagePosted")]
    pub event_type: String,
    /// The ticket, the notification or the account it was done to; for what is about none of these, the event's own stream.
    #[schema(example = "TKT-1763700000000-4K9XQ2")]
    pub about: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// When the log accepted it.
    pub recorded_at: DateTime<Utc>,
    /// Through which door.
    #[schema(example = "api")]
    pub via: String,
}

impl Act {
    pub(super) fn of(trace: Trace) -> Self {
        let about = match trace.stream_type.as_str() {
            "ticket" | "conversation" => TicketId::of_stream(trace.stream_id).to_string(),
            "notification" => NotificationId::of_stream(trace.stream_id).to_string(),
            _ => trace.stream_id.to_string(),
        };
        Self {
            about,
            position: trace.position,
            event_type: trace.event_type,
            occurred_at: trace.occurred_at,
            recorded_at: trace.recorded_at,
            via: trace.via,
        }
    }
}

/// A sign-in that can still be renewed, or could be.
#[derive(Serialize, ToSchema, FromRow)]
pub struct SignIn {
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was ended, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// An API token, as its owner knows it; what it is for stands in the events of the account.
#[derive(Serialize, ToSchema)]
pub struct ExportedToken {
    /// Its identity.
    pub id: Uuid,
    /// What they call it.
    pub name: String,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A browser that somebody lets the desk notify.
#[derive(Serialize, ToSchema)]
pub struct ExportedSubscription {
    /// Its identity.
    pub id: Uuid,
    /// The host of its push service.
    #[schema(example = "fcm.googleapis.com")]
    pub host: String,
    /// The program, as it named itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    pub device: Option<String>,
    /// When it last registered.
    pub created_at: DateTime<Utc>,
    /// When its push service last took something for it.
    pub last_used_at: Option<DateTime<Utc>>,
}

pub(super) async fn push_subscriptions(
    pool: &PgPool,
    keys: &Keyring,
    user: UserId,
) -> anyhow::Result<Vec<ExportedSubscription>> {
    let subscriptions = push::subscriptions(pool, keys, user).await?.into_iter();
    let exported = |Subscription { id, host, device, created_at, last_used_at }| ExportedSubscription {
        id,
        host,
        device,
        created_at,
        last_used_at,
    };
    Ok(subscriptions.map(exported).collect())
}

pub(super) async fn api_tokens(
    pool: &PgPool,
    keys: &Keyring,
    user: UserId,
) -> anyhow::Result<Vec<ExportedToken>> {
    let tokens = api_tokens::of(pool, keys, user).await?.into_iter();
    let exported =
        |Kept { id, name, created_at, last_used_at }| ExportedToken { id, name, created_at, last_used_at };
    Ok(tokens.map(exported).collect())
}

pub(super) async fn sign_ins(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<SignIn>> {
    sqlx::query_as("select created_at, revoked_at from desk.sessions where user_id = $1 order by created_at")
        .bind(user.0)
        .fetch_all(pool)
        .await
}

pub(super) async fn notifications(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<ExportedNotification>> {
    let rows = projections::notifications::of_person(pool, user).await?.into_iter();
    let exported = |row: Notified| ExportedNotification {
        id: NotificationId::of_stream(row.id).to_string(),
        kind: row.kind,
        ticket_id: row.ticket.map(|ticket| TicketId::of_stream(ticket).to_string()),
        read_at: row.read_at,
        created_at: row.created_at,
    };
    Ok(rows.map(exported).collect())
}

pub(super) async fn waiting_mails(pool: &PgPool, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from desk.outgoing_mail where user_id = $1")
        .bind(user.0)
        .fetch_one(pool)
        .await
}

pub(super) async fn waiting_push_messages(pool: &PgPool, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from desk.outgoing_push where user_id = $1 and state <> 'taken'")
        .bind(user.0)
        .fetch_one(pool)
        .await
}

pub(super) async fn kept_answers(pool: &PgPool, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from desk.idempotency
          where caller = $1 and created_at > now() - interval '24 hours'",
    )
    .bind(user.0)
    .fetch_one(pool)
    .await
}
