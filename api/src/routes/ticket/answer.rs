//! What a command on a ticket is answered with: the ticket as it became, or why nothing came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use application::{Done, Error, Request};
use axum::response::IntoResponse;
use domain::id::TicketId;
use domain::refusal::RefusalKind;
use projections::merges;
use projections::ticket_history::missed_since;
use projections::ticket_page::{FullTicket, TicketRef, find, reads_internal};
use serde::Serialize;
use utoipa::openapi::response::Response;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::body::Json;
use crate::context::Version;
use crate::desk::Desk;
use crate::problem::declared::{Accepted, Conflicting, Forbidden, Guarded, Missing, Stale};
use crate::problem::{Answer, Problem};
use crate::settle::Settled;

/// How long the caller waits to be told what they missed.
const PATIENCE: Duration = Duration::from_secs(1);
const OUT_OF_SIGHT: &str = "done; the ticket is out of your sight now";

/// The ticket after a command; or, if the command took it out of the caller's sight, only that.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Changed {
    /// The ticket.
    Seen(Box<FullTicket>),
    /// That the caller does not see it any more.
    Unseen(Told),
}

/// What was done, and the ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Told {
    /// What people read.
    #[schema(example = "Ticket marked as resolved")]
    message: &'static str,
    /// The ticket; null if the caller does not see it any more.
    ticket: Option<Box<FullTicket>>,
}

/// The answers that all commands on a ticket share.
pub(in crate::routes) struct Acted;

impl IntoResponses for Acted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let locked = ResponseBuilder::new()
            .description("The ticket was merged into another one and takes no changes.")
            .content("application/json", problem)
            .build();
        let shared = [
            Accepted::responses(),
            Guarded::responses(),
            Forbidden::responses(),
            Missing::responses(),
            Conflicting::responses(),
            Stale::responses(),
        ];
        let locked = ("423".to_owned(), locked.into());
        shared.into_iter().flatten().chain([locked]).collect()
    }
}

/// Answers a command with the ticket.
pub(super) async fn changed(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    outcome: Result<Done, Error>,
) -> Answer<impl IntoResponse + use<>> {
    let done = or_missed(desk, request, id, Part::Ticket, outcome).await?;
    answered(desk, request, id, done).await
}

/// Answers what a command led to with the ticket `id`.
pub(super) async fn answered(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    done: Done,
) -> Answer<impl IntoResponse + use<>> {
    let (settled, ticket) = outcome_of(desk, request, id, done).await?;
    let version = version(ticket.as_deref());
    let body = match ticket {
        Some(ticket) => Changed::Seen(ticket),
        None => Changed::Unseen(Told { message: OUT_OF_SIGHT, ticket: None }),
    };
    Ok((version, settled, Json(body)))
}

/// Answers a command in words, beside the ticket.
pub(super) async fn told(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    outcome: Result<Done, Error>,
    message: &'static str,
) -> Answer<impl IntoResponse + use<>> {
    let done = or_missed(desk, request, id, Part::Ticket, outcome).await?;
    let (settled, ticket) = outcome_of(desk, request, id, done).await?;
    Ok((version(ticket.as_deref()), settled, Json(Told { message, ticket })))
}

fn version(ticket: Option<&FullTicket>) -> Option<Version> {
    ticket.map(|ticket| Version(ticket.version))
}

async fn outcome_of(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    done: Done,
) -> Answer<(Settled, Option<Box<FullTicket>>)> {
    let settled = desk.settled(done).await?;
    let ticket = find(desk.pool(), &request.by.sight(), TicketRef::Id(id)).await?;
    if ticket.is_none() && done == Done::Unchanged {
        return Err(Problem::unavailable("the read models do not show this ticket yet"));
    }
    let Some(ticket) = ticket else { return Ok((settled, None)) };
    let ticket = desk.in_full(&request.by.sight(), ticket, None).await?;
    Ok((settled, Some(Box::new(ticket))))
}

/// What has a version of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::routes) enum Part {
    /// The ticket.
    Ticket,
    /// The conversation on it.
    Conversation,
}

/// The outcome of a command. One that insisted on an old version learns what happened since, and one on a ticket that was merged
/// where it lives on.
pub(in crate::routes) async fn or_missed<T>(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    part: Part,
    outcome: Result<T, Error>,
) -> Answer<T> {
    if let Err(Error::Refused(refusal)) = &outcome
        && refusal.kind() == RefusalKind::Locked
    {
        return with_target(desk, request, id, outcome).await;
    }
    let Err(Error::Stale { expected, .. }) = outcome else { return Ok(outcome?) };
    let stale = outcome.map_err(Problem::from);
    let head = desk.log.head().await?;
    desk.visible.wait(head, PATIENCE).await;
    let sight = request.by.sight();
    let ticket = find(desk.pool(), &sight, TicketRef::Id(id)).await?;
    let internal = ticket.is_some_and(|ticket| reads_internal(&sight, &ticket));
    let of_conversation = part == Part::Conversation;
    let missed = missed_since(desk.pool(), id, expected, of_conversation, internal).await?;
    let missed = serde_json::to_value(missed).map_err(anyhow::Error::new)?;
    stale.map_err(|problem| problem.detail("missed", missed))
}

/// The refusal of a ticket that was merged, with a pointer to where it lives on for who sees that.
async fn with_target<T>(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    outcome: Result<T, Error>,
) -> Answer<T> {
    let head = desk.log.head().await?;
    desk.visible.wait(head, PATIENCE).await;
    let target = merges::of_ticket(desk.pool(), &request.by.sight(), id).await?;
    outcome.map_err(|error| match target {
        Some(target) => Problem::from(error).detail("merged_into", target.ticket_id.0.to_string()),
        None => Problem::from(error),
    })
}
