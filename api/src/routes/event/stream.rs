//! Events as they happen: server-sent events.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::begin::Begin;
use crate::auth::Signed;
use crate::desk::Desk;
use crate::feed::{Format, Ids, Live, may_follow};
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;
use crate::schemas::KnownVersions;

/// How often a stream on which nothing happens says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "last-event-id";
/// Tells proxies not to collect a stream before they pass it on.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Which events, and how they look.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Behind this place: a position, or a cursor as an answer gave it. From now on without it.
    #[param(example = "0")]
    after: Option<String>,
    /// Behind what this durable consumer acknowledged, and what it wants; for administrators.
    consumer: Option<String>,
    /// Of these types only.
    #[serde(default)]
    types: Vec<String>,
    /// Of these tickets (TKT-…), users and streams (UUIDs) only.
    #[serde(default)]
    streams: Vec<String>,
    /// The versions in which events are wanted, for whoever knows older ones: types with versions, separated by
    /// commas. The newest without it.
    #[param(value_type = Option<String>, example = "TicketFlagged:1")]
    schema: Option<KnownVersions>,
    /// The shape of the events: `envelope`, or `cloudevents`.
    #[serde(default)]
    #[param(inline, required = false)]
    format: Format,
    /// What the `id` of each is: its `position`, or its `cursor`.
    #[serde(default)]
    #[param(inline, required = false)]
    ids: Ids,
}

/// Follow the log
///
/// Server-sent events: `id` is the position, `data` the event. Administrators see every event; agents those
/// of the tickets in their sight; requesters the public part of those of their own tickets; everybody changes
/// of their own role. What is in sight is asked when an event is sent. `Last-Event-ID` goes on from there. When
/// the caller may not read any more, or the database was restarted, a last event `end` says so.
#[utoipa::path(
    get, path = "/events/stream", operation_id = "follow_events", tag = "events",
    params(Which, ("Last-Event-ID" = Option<String>, Header, description = "The last id received; weighs more than `after`.")),
    responses((status = 200, description = "The events, as they happen.", body = String, content_type = "text/event-stream"),
              Guarded, Forbidden, Missing, Conflicting, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn follow(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let Which { after, consumer, types, streams, schema, format, ids } = which;
    if consumer.is_some() && !signed.reader().is_admin() {
        return Err(Problem::forbidden("only administrators may read as a durable consumer"));
    }
    let last_event_id = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?").to_owned());
    let last_event_id = last_event_id.filter(|id| !id.is_empty());
    may_follow(&desk, &signed).await?;
    let place = desk.streams.enter()?;
    let epoch = desk.log.watch_epoch();
    let begin = Begin { after, last_event_id, consumer, types, streams, schema };
    let head = desk.log.head().await?;
    let reader = begin.reader(&desk, head).await?;
    let live = Live::new((desk, signed), reader, (format, ids), epoch, place);
    let alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(([UNBUFFERED], Sse::new(live.frames()).keep_alive(alive)).into_response())
}
