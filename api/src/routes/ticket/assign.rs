//! Who is responsible for a ticket.

use std::time::Instant;

use application::{Assignment, Done, Error, Request};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::id::{EntryId, TicketId, UserId};
use domain::ticket::TicketCommand;
use projections::agent_load;
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Acted, Changed, changed};
use super::reference::{OfTicket, find_id};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;
use crate::settle::PATIENCE;

/// Who is to be responsible.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assign {
    /// The agent or administrator; null puts the ticket into its department's queue (`assigned_agent` is
    /// another word for it).
    #[serde(alias = "assigned_agent", deserialize_with = "Option::deserialize")]
    #[schema(required)]
    agent_id: Option<UserId>,
    /// The team whose work it is, or null for none; it stays unless given. It has to work for the ticket's department,
    /// and the agent has to belong to it.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    team_id: Change<EntryId>,
    /// Whether to assign it to somebody who takes no tickets or has as many as they can; administrators may.
    #[serde(default)]
    force: bool,
}

/// Assign a ticket
///
/// Staff may, to anybody that `/agents` lists who takes tickets and has fewer than they can, or to the queue of its
/// department. Otherwise it is refused as `AGENT_UNAVAILABLE` or `AGENT_AT_CAPACITY`, unless by an administrator with
/// `force`.
#[utoipa::path(
    post, path = "/tickets/{id}/assign", operation_id = "assign_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket, assigned.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn assign(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<Assign>,
) -> Answer<impl IntoResponse> {
    // Requesters are refused by the ticket, and learn nothing about who has an account.
    if let Some(agent) = body.agent_id.filter(|_| request.by.is_staff())
        && desk.commands.load_user(agent).await?.state.role().is_none()
    {
        let mut errors = ValidationErrors::default();
        errors.add("agent_id", "invalid", "nobody has this id");
        return Err(errors.into());
    }
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = match body.agent_id {
        None => desk.commands.assign(&request, id, Assignment::Queue, body.team_id).await,
        Some(agent) if body.force => {
            desk.commands.assign(&request, id, Assignment::Forced(agent), body.team_id).await
        }
        Some(agent) => assign_within(&desk, &request, id, agent, body.team_id).await?,
    };
    changed(&desk, &request, id, outcome).await
}

/// Assigns a ticket to an agent who has room for it. Only a refusal for want of room may rest on a count that is out
/// of date: then the count is awaited, and it is asked again.
async fn assign_within(
    desk: &Desk,
    request: &Request,
    id: TicketId,
    agent: UserId,
    team: Change<EntryId>,
) -> Answer<Result<Done, Error>> {
    let (asked, mut is_current) = (Instant::now(), false);
    loop {
        let load = agent_load::of(desk.pool(), agent).await?;
        let outcome = desk.commands.assign(request, id, Assignment::Within(agent, load), team).await;
        let counted = outcome.as_ref().err().and_then(counted_when_full);
        let is_settled = counted.is_none_or(|counted| is_current && counted == u64::from(load.active));
        if is_settled || asked.elapsed() > PATIENCE {
            return Ok(outcome);
        }
        let head = desk.log.head().await?;
        is_current = desk.visible.wait(head, PATIENCE).await;
    }
}

/// How many tickets an agent was found to have who is refused another.
fn counted_when_full(error: &Error) -> Option<u64> {
    match error {
        Error::Refused(refusal) if refusal.code() == "AGENT_AT_CAPACITY" => {
            refusal.details()?["active_count"].as_u64()
        }
        _ => None,
    }
}

/// Claim a ticket
///
/// Staff may, unless somebody else has it already, whatever else they have.
#[utoipa::path(
    post, path = "/tickets/{id}/claim", operation_id = "claim_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket, assigned to the caller.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn claim(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.claim(&request, id).await;
    changed(&desk, &request, id, outcome).await
}

/// Unassign a ticket
///
/// Staff may; it is open again and nobody's.
#[utoipa::path(
    post, path = "/tickets/{id}/unassign", operation_id = "unassign_ticket", tag = "tickets",
    params(OfTicket),
    responses((status = 200, description = "The ticket, open.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn unassign(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Unassign).await;
    changed(&desk, &request, id, outcome).await
}
