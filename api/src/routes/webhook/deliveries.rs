//! What a webhook was sent, and what waits.

use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::cursor::Cursor;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::sent::find;
use crate::auth::Admin;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::page::Paging;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Forbidden, Guarded, Missing};
use crate::query::Query;

/// The order of the list, to which its cursors belong.
const ORDER: &str = "-pos";

/// How a delivery stands.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DeliveryState {
    /// To be tried, for the first time or again.
    Pending,
    /// Taken.
    Delivered,
    /// Given up.
    Dead,
}

impl DeliveryState {
    fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those that stand like this.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// How many at most; 20 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where a page ended, as it said in `next_cursor`.
    cursor: Option<String>,
}

/// A message to a webhook.
#[derive(Serialize, ToSchema, FromRow)]
pub(super) struct Delivery {
    /// Its identity.
    pub(super) id: Uuid,
    /// The position of the event that it tells of.
    #[schema(example = 4711)]
    position: i64,
    /// What the message is called: its `webhook-id`.
    event_id: Uuid,
    /// The event's type.
    #[schema(example = "TicketResolved")]
    event_type: String,
    /// `pending`, `delivered` or `dead`.
    #[schema(example = "delivered")]
    state: String,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: i32,
    /// When it was put into the queue.
    queued_at: DateTime<Utc>,
    /// When it is tried next, while it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// When it was last tried.
    attempted_at: Option<DateTime<Utc>>,
    /// What the receiver last answered.
    #[schema(example = 200)]
    status: Option<i32>,
    /// Why the last attempt failed: `address_not_allowed`, `host_not_found`, `too_slow`, `not_reached`, `redirected`,
    /// `refused` (see `status`) or `not_made`.
    #[schema(example = "refused")]
    error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    #[schema(example = 42)]
    duration_ms: Option<i32>,
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// Those of the newest events first.
    deliveries: Vec<Delivery>,
    /// What `cursor` takes to go on; none at the end.
    next_cursor: Option<String>,
}

const COLUMNS: &str = "id, position, event_id, event_type, state, attempts, queued_at,
    case when state = 'pending' then next_attempt_at end as next_attempt_at, attempted_at, status, error, duration_ms";

/// List what a webhook was sent
///
/// What was taken stays here for 7 days, what was given up for 30.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Of which webhook."), Which),
    responses(
        (status = 200, description = "A page of them.", body = Deliveries),
        Guarded, Forbidden, Missing, Checked,
    ),
    security(("bearerAuth" = []), ("apiToken" = ["admin"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Admin,
    Id(id): Id<Uuid>,
    Query(which): Query<Which>,
) -> Answer<Json<Deliveries>> {
    let limit = Paging::read(None, which.limit)?.limit;
    let mut before = None;
    if let Some(text) = &which.cursor {
        let cursor = Cursor::decode(text, ORDER, 1);
        before = cursor.and_then(|cursor| cursor.values.first().copied());
        if before.is_none() {
            let mut errors = ValidationErrors::default();
            errors.add("cursor", "invalid", "must be what a page of this list gave as next_cursor");
            return Err(errors.into());
        }
    }
    find(&desk, id).await?;
    let query = format!(
        "select {COLUMNS} from desk.webhook_deliveries
          where webhook = $1 and ($2::text is null or state = $2) and ($3::bigint is null or position < $3)
          order by position desc
          limit $4"
    );
    let mut deliveries: Vec<Delivery> = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(id)
        .bind(which.state.map(DeliveryState::word))
        .bind(before)
        .bind(i64::from(limit) + 1)
        .fetch_all(desk.pool())
        .await?;
    let has_more = deliveries.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    deliveries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let end = deliveries.last().filter(|_| has_more);
    let next_cursor =
        end.map(|last| Cursor { order: ORDER.to_owned(), values: vec![last.position], id: last.id }.encode());
    Ok(Json(Deliveries { deliveries, next_cursor }))
}

/// Puts a delivery of `webhook` back into the queue, as if it were new; none if there is no such delivery.
pub(super) async fn again(pool: &PgPool, webhook: Uuid, id: Uuid) -> sqlx::Result<Option<Delivery>> {
    let statement = format!(
        "update desk.webhook_deliveries
            set state = 'pending', attempts = 0, queued_at = now(), next_attempt_at = now(), ended_at = null
          where webhook = $1 and id = $2
      returning {COLUMNS}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(webhook).bind(id).fetch_optional(pool).await
}
