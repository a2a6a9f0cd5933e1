//! Making a durable consumer, and changing what it wants.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use infrastructure::log::Place;
use serde::Deserialize;
use utoipa::ToSchema;

use super::find;
use crate::auth::EventReader;
use crate::body::OptionalJson;
use crate::consumers::{self, Consumer, Name};
use crate::desk::Desk;
use crate::feed::{forked, read_filter};
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{CheckedBody, Forbidden, Guarded};
use crate::problem::{Answer, Problem};

/// What a durable consumer wants, and where a new one starts.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Events of these types only.
    #[serde(default)]
    types: Vec<String>,
    /// Of these tickets (TKT-…), users and streams (UUIDs) only.
    #[serde(default)]
    streams: Vec<String>,
    /// Where a new one starts: the `beginning`, if nothing is said, or the `end` of the log. One that exists
    /// stays where it is.
    from: Option<From>,
    /// Where a new one starts: behind this position or cursor.
    after: Option<String>,
}

/// An end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum From {
    /// Before the first event.
    Beginning,
    /// Behind the newest.
    End,
}

/// Make or change a durable consumer
///
/// A new one starts where `from` or `after` says. One that exists gets the new filter and keeps its place;
/// only acknowledging moves it.
#[utoipa::path(
    put, path = "/consumers/{name}", operation_id = "put_consumer", tag = "events",
    params(("name" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9, '.', '_' and '-'.")),
    request_body = Option<Settings>,
    responses((status = 200, description = "The consumer, changed.", body = Consumer),
              (status = 201, description = "The consumer, new.", body = Consumer),
              Guarded, Forbidden, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn put(
    State(desk): State<Desk>,
    EventReader(signed): EventReader,
    Id(name): Id<String>,
    OptionalJson(settings): OptionalJson<Settings>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let name: Option<Name> = errors.check("name", name.parse());
    let filter = read_filter(&mut errors, settings.types, &settings.streams);
    let after: Option<Place> = settings.after.and_then(|text| errors.check("after", text.trim().parse()));
    if settings.from.is_some() && after.is_some() {
        errors.add("after", "invalid", "says the same as from: give one of them");
    }
    let Some(name) = name else { return Err(errors.into()) };
    errors.finish()?;
    let start = start(&desk, settings.from, after).await?;
    let start = desk.log.cursor(start).await?;
    let is_new = consumers::put(desk.pool(), &name, &filter, &start, signed.user).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, crate::body::Json(find(&desk, &name).await?)))
}

async fn start(desk: &Desk, from: Option<From>, after: Option<Place>) -> Answer<i64> {
    match (from, after) {
        (Some(From::End), _) => Ok(desk.log.head().await?),
        (_, None) => Ok(0),
        (_, Some(place)) => match desk.log.fork_of(&place).await? {
            None => Ok(place.position()),
            Some(fork) => Err::<i64, Problem>(forked(&fork)),
        },
    }
}
