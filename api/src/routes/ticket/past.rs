//! `?as_of=`: a ticket, or the list of them, as of a moment.
//!
//! A caller looks into the past of what they see now, and reads of it what they may read now: an agent whose ticket
//! went to another department has lost its past, too, and one who got it has all of it.

use application::ledger::Ledger as _;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::id::TicketId;
use infrastructure::log::{Reached, Row};
use projections::past::{AsOf, Mark, Names, NotThen, Past};
use projections::ticket_page::{TicketRef, reads_internal};
use projections::ticket_search::When;
use projections::user_directory::names;
use serde::Serialize;
use utoipa::ToSchema;

use super::reference::seen;
use super::words::optional;
use crate::auth::Signed;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};
use crate::settle::PATIENCE;

const AS_OF: &str = "as_of";
const OUT_OF_RANGE: &str = "out_of_range";

/// The moment that a list is shown as of.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct ListMoment {
    /// The position of the log: `as_of=position:` and this number shows the same again.
    #[schema(example = 4711)]
    position: i64,
    /// When the event at this position was recorded; none before the first.
    recorded_at: Option<DateTime<Utc>>,
}

/// The moment that is asked for, if one is.
pub(in crate::routes) fn moment(as_of: Option<&str>) -> Answer<Option<AsOf>> {
    let mut errors = ValidationErrors::default();
    let moment = optional(&mut errors, AS_OF, as_of, str::parse::<AsOf>);
    errors.finish()?;
    Ok(moment)
}

/// The past of the ticket up to `as_of`, what the people in it are called now, and the position of the log that this is as of
/// for what else is shown.
pub(in crate::routes) async fn past(
    desk: &Desk,
    signed: &Signed,
    ticket: TicketRef,
    as_of: AsOf,
) -> Answer<(Past, Names, i64)> {
    let (id, internal) = seen_by(desk, signed, ticket).await?;
    let streams = [(id.stream(), 0), (id.conversation(), 0)];
    let mut events = desk.log.read_streams(&streams).await.map_err(application::Error::from)?;
    events.sort_unstable_by_key(|recorded| recorded.position);
    let marks: Vec<Mark> = events.iter().map(Mark::from).collect();
    let end = end(desk, id, as_of, &marks).await?;
    events.retain(|recorded| recorded.position <= end);
    let past = Past::new(id, events, internal);
    let names = names(desk.pool(), &past.people()).await?;
    let at = match as_of {
        AsOf::Time(moment) => desk.log.reached_at(moment).await?.position,
        AsOf::Version(_) | AsOf::Position(_) => end,
    };
    Ok((past, names, at))
}

/// The events of a ticket and its conversation as they are stored.
pub(super) struct Story {
    /// The ticket.
    pub(super) id: TicketId,
    /// In the order of their positions.
    pub(super) rows: Vec<Row>,
    /// Whether the caller reads internal notes on it.
    pub(super) internal: bool,
}

/// The events of the ticket; up to `as_of`, if that is given.
pub(super) async fn story(
    desk: &Desk,
    signed: &Signed,
    ticket: TicketRef,
    as_of: Option<AsOf>,
) -> Answer<Story> {
    let (id, internal) = seen_by(desk, signed, ticket).await?;
    let mut rows = desk.log.rows_of(&[id.stream(), id.conversation()]).await?;
    if let Some(as_of) = as_of {
        let marks: Vec<Mark> = rows.iter().map(Mark::from).collect();
        let end = end(desk, id, as_of, &marks).await?;
        rows.retain(|row| row.position <= end);
    }
    Ok(Story { id, rows, internal })
}

/// The ticket as the caller sees it now: its id, and whether its internal notes are theirs to read.
async fn seen_by(desk: &Desk, signed: &Signed, ticket: TicketRef) -> Answer<(TicketId, bool)> {
    let sight = signed.caller.sight();
    let ticket = seen(desk, &sight, ticket).await?;
    Ok((TicketId::of_stream(ticket.id), reads_internal(&sight, &ticket)))
}

/// Up to which position the events count.
async fn end(desk: &Desk, id: TicketId, as_of: AsOf, marks: &[Mark]) -> Answer<i64> {
    let last = marks.last().map_or(0, |mark| mark.position);
    if let AsOf::Position(position) = as_of
        && position > last
    {
        reached(desk, position).await?;
    }
    as_of.end(id, marks).map_err(|not_then| match not_then {
        NotThen::NotYet => Problem::new(StatusCode::NOT_FOUND, "NOT_FILED_YET", not_then.to_string()),
        NotThen::NoSuchVersion { .. } => wrong(OUT_OF_RANGE, &not_then.to_string()),
    })
}

/// As of when the list is asked for, and the moment that is.
pub(super) async fn list_moment(desk: &Desk, as_of: Option<&str>) -> Answer<(When, Option<ListMoment>)> {
    let Reached { position, recorded_at } = match moment(as_of)? {
        None => return Ok((When::Now, None)),
        Some(AsOf::Version(_)) => {
            return Err(wrong("invalid", "a list has no version; give a time, or position: and a number"));
        }
        Some(AsOf::Position(position)) => reached(desk, position).await?,
        Some(AsOf::Time(moment)) => desk.log.reached_at(moment).await?,
    };
    if !desk.visible.wait(position, PATIENCE).await {
        let message = "the read models have not reached this moment yet";
        return Err(Problem::unavailable(message).detail("position", position));
    }
    Ok((When::At(position), Some(ListMoment { position, recorded_at })))
}

/// The log at `position`, if it has come so far.
async fn reached(desk: &Desk, position: i64) -> Answer<Reached> {
    if let Some(reached) = desk.log.reached(position).await? {
        return Ok(reached);
    }
    let head = desk.log.head().await?;
    Err(wrong(OUT_OF_RANGE, &format!("the log has the positions 1 to {head}")))
}

fn wrong(code: &'static str, message: &str) -> Problem {
    let mut errors = ValidationErrors::default();
    errors.add(AS_OF, code, message);
    errors.into()
}

impl ListMoment {
    /// As `as_of` names it, so that all pages are of the same moment.
    pub(super) fn as_parameter(self) -> String {
        format!("{AS_OF}={}", AsOf::Position(self.position))
    }
}
