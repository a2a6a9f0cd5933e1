//! Events by page, waiting for more where there are none.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::begin::Begin;
use crate::auth::{EventReader, Signed};
use crate::body::Json;
use crate::desk::Desk;
use crate::envelope::Envelope;
use crate::feed::{CloudEvent, Reader};
use crate::fields::ValidationErrors;
use crate::problem::declared::{Checked, Conflicting, Forbidden, Guarded, Missing};
use crate::problem::{Answer, Problem};
use crate::query::Query;
use crate::schemas::KnownVersions;

/// How many events a page has unless the caller says otherwise, and at most.
const LIMIT: u32 = 100;
const LONGEST: u32 = 1_000;
/// How long anybody may wait for an event, in seconds.
const WAIT: u32 = 25;
/// How many parts of the log one request looks at, however little its filter lets through.
const PARTS: usize = 50;
const BATCH: &str = "application/cloudevents-batch+json";

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Behind this place: a position, or a cursor as an answer gave it. From the first event on without it.
    #[param(example = "0")]
    after: Option<String>,
    /// Behind what this durable consumer acknowledged, and what it wants.
    consumer: Option<String>,
    /// How many at most; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
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
    /// For how many seconds to wait for an event if there is none.
    #[param(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub(super) struct EventPage {
    /// In order of position.
    events: Vec<Envelope>,
    /// Up to where the log was looked at: what `after` takes to go on.
    next_after: i64,
    /// Where the log ends.
    head: i64,
    /// `next_after` as a cursor: as `after` it also notices that the log was restored from an older backup.
    cursor: String,
}

/// Read the log
///
/// Every event once, in order, without holes. With `wait`, the answer comes as soon as there is an event. A
/// page may be empty while `next_after` is below `head`: the filter let nothing through so far, go on from
/// there. A place that is none in this log is answered 409 `LOG_FORKED` with `details.last_common`. As
/// `application/cloudevents-batch+json` the page is an array, and the rest is in headers.
#[utoipa::path(
    get, path = "/events", operation_id = "list_events", tag = "events",
    params(Which),
    responses((status = 200, description = "The events.", content(
                  (EventPage = "application/json"),
                  (Vec<CloudEvent> = "application/cloudevents-batch+json")),
               headers(("X-Next-After" = i64, description = "next_after, of a batch of CloudEvents"),
                       ("X-Log-Head" = i64, description = "head, of a batch of CloudEvents"),
                       ("X-Log-Cursor" = String, description = "cursor, of a batch of CloudEvents"))),
              Guarded, Forbidden, Missing, Conflicting, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    EventReader(signed): EventReader,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let (limit, wait) = bounds(which.limit, which.wait)?;
    let Which { after, consumer, types, streams, schema, .. } = which;
    let begin = Begin { after, consumer, types, streams, schema, ..Begin::default() };
    let mut reader = begin.reader(&desk, 0).await?;
    let (events, head) = read(&desk, &signed, &mut reader, limit, wait).await?;
    let cursor = desk.log.cursor(reader.position).await?.to_string();
    if wants_cloud_events(&headers) {
        return batch(&desk, events, (reader.position, head, cursor));
    }
    Ok(Json(EventPage { events, next_after: reader.position, head, cursor }).into_response())
}

fn bounds(limit: Option<u32>, wait: Option<u32>) -> Answer<(usize, Duration)> {
    let (limit, wait) = (limit.unwrap_or(LIMIT), wait.unwrap_or(0));
    let mut errors = ValidationErrors::default();
    if !(1..=LONGEST).contains(&limit) {
        errors.add("limit", "invalid", format!("must be 1 to {LONGEST}"));
    }
    if wait > WAIT {
        errors.add("wait", "invalid", format!("must be 0 to {WAIT} seconds"));
    }
    errors.finish()?;
    Ok((usize::try_from(limit).unwrap_or(usize::MAX), Duration::from_secs(wait.into())))
}

/// The next events, and the head. Waits until there is one, for as long as `wait`.
async fn read(
    desk: &Desk,
    signed: &Signed,
    reader: &mut Reader,
    limit: usize,
    wait: Duration,
) -> Answer<(Vec<Envelope>, i64)> {
    let deadline = Instant::now() + wait;
    let (mut watched, mut head) = (desk.log.watch_head(), desk.log.head().await?);
    let (mut events, mut signed) = (Vec::new(), signed.clone());
    loop {
        for _ in 0..PARTS {
            if events.len() < limit && reader.position < head {
                events.extend(reader.next(&signed.reader(), head, limit - events.len()).await?);
            }
        }
        if !events.is_empty() || reader.position < head || Instant::now() >= deadline {
            return Ok((events, head));
        }
        tokio::select! {
            more = watched.wait_for(|reached| *reached > head) => {
                head = more.map_or(head, |reached| *reached);
            }
            () = tokio::time::sleep_until(deadline) => {}
            () = desk.streams.closing() => return Ok((events, head)),
        }
        signed = signed.again(desk).await?;
    }
}

fn wants_cloud_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(BATCH)))
}

fn batch(desk: &Desk, events: Vec<Envelope>, (next, head, cursor): (i64, i64, String)) -> Answer<Response> {
    let events: Vec<CloudEvent> =
        events.into_iter().map(|envelope| CloudEvent::of(envelope, desk.log.id())).collect();
    let mut response = Json(events).into_response();
    let cursor = HeaderValue::try_from(cursor).map_err(|error| Problem::internal(&error.into()))?;
    let place = [("x-next-after", next.into()), ("x-log-head", head.into()), ("x-log-cursor", cursor)];
    response.headers_mut().extend(place.map(|(name, value)| (HeaderName::from_static(name), value)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(BATCH));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_cloud_events_is_what_one_has_to_ask_for() {
        let of = |value: &'static str| {
            wants_cloud_events(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]))
        };
        assert!(of("application/cloudevents-batch+json"));
        assert!(of("text/html, Application/CloudEvents-Batch+JSON;q=0.9"));
        assert!(!of("application/json, */*"));
        assert!(!wants_cloud_events(&HeaderMap::new()));
    }
}
