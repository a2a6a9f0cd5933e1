//! What happened to a ticket, event by event, as the log has it.

use axum::extract::State;
use axum::response::IntoResponse;
use projections::ticket_page::TicketRef;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::past::{Story, moment, story};
use super::reference::OfTicket;
use crate::auth::Signed;
use crate::body::Json;
use crate::desk::Desk;
use crate::envelope::Envelope;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Checked, Guarded, Missing};
use crate::query::Query;
use crate::schemas::KnownVersions;

/// How many events an answer has unless the caller says otherwise, and at most.
const LIMIT: u32 = 100;
const MOST: u32 = 1_000;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those behind this position.
    after: Option<u64>,
    /// At most this many; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only those up to this moment: a time, a version of the ticket, or `position:` and a position of the log.
    #[param(example = "2026-01-01T09:00:00Z")]
    as_of: Option<String>,
    /// The versions in which events are wanted, for whoever knows older ones: types with versions, separated by
    /// commas. The newest without it.
    #[param(value_type = Option<String>, example = "TicketFlagged:1")]
    schema: Option<KnownVersions>,
}

/// Events of a ticket and of its conversation.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketEvents {
    /// In the order of their positions.
    events: Vec<Envelope>,
    /// What `after` takes to go on from here.
    #[schema(example = 4711)]
    next_after: i64,
    /// Whether there are more.
    has_more: bool,
}

/// Show a ticket's events
///
/// Those of the ticket and of its conversation as the log has them; for its requester, the public part. Texts of
/// erased people read `[erased]`.
#[utoipa::path(
    get, path = "/tickets/{id}/events", operation_id = "list_ticket_events", tag = "tickets",
    params(OfTicket, Which),
    responses((status = 200, description = "What happened.", body = TicketEvents), Guarded, Missing, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["events:read"])),
)]
pub(super) async fn events(
    State(desk): State<Desk>,
    signed: Signed,
    Id(ticket): Id<TicketRef>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let as_of = moment(which.as_of.as_deref())?;
    let limit = which.limit()?;
    let known = which.schema.unwrap_or_default();
    let after = which.after.map_or(0, |position| i64::try_from(position).unwrap_or(i64::MAX));
    let sight = signed.caller.sight();
    let Story { rows, internal, .. } = story(&desk, &signed, ticket, as_of).await?;
    let (mut events, mut has_more) = (Vec::new(), false);
    for row in rows.iter().filter(|row| row.position > after) {
        let event = row.open(desk.log.keys()).await?.event;
        let Some(part) = desk.part_of(&event, &sight, internal).await? else { continue };
        let envelope = Envelope::of(row, &part);
        // One more than was asked for says whether there are more.
        has_more = events.len() == limit;
        if has_more {
            break;
        }
        events.push(envelope.in_versions(&known));
    }
    let next_after = events.last().map_or(after, |envelope| envelope.pos);
    Ok(Json(TicketEvents { events, next_after, has_more }))
}

impl Which {
    fn limit(&self) -> Answer<usize> {
        let limit = self.limit.unwrap_or(LIMIT);
        let mut errors = ValidationErrors::default();
        if !(1..=MOST).contains(&limit) {
            errors.add("limit", "invalid", format!("must be 1 to {MOST}"));
        }
        errors.finish()?;
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }
}
