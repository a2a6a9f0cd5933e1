//! Who is responsible for a ticket.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::ticket::TicketCommand;
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

/// Who is to be responsible.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assign {
    /// The agent or administrator; null puts the ticket into its department's queue (`assigned_agent` is
    /// another word for it).
    #[serde(alias = "assigned_agent", deserialize_with = "Option::deserialize")]
    #[schema(required)]
    agent_id: Option<UserId>,
}

/// Assign a ticket
///
/// Staff may, to anybody that `/agents` lists, or to the queue of its department.
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
    let outcome = desk.commands.assign(&request, id, body.agent_id).await;
    changed(&desk, &request, id, outcome).await
}

/// Claim a ticket
///
/// Staff may, unless somebody else has it already.
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
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Claim).await;
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
