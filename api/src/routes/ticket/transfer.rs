//! Sending a ticket to another department.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::access::Department;
use domain::ticket::TicketCommand;
use domain::ticket::values::parse_note;
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Acted, Told, told};
use super::reference::{OfTicket, find_id};
use super::words::{department, optional};
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// Where a ticket is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfer {
    /// The department.
    #[schema(value_type = Department, example = "HR")]
    department: String,
    /// Why, for the colleagues.
    #[schema(min_length = 1, max_length = 2_000, example = "It is about the payslip")]
    note: Option<String>,
}

/// Transfer a ticket
///
/// Staff may while it is active, its requester while it is open. It is open again and nobody's.
#[utoipa::path(
    post, path = "/tickets/{id}/transfer", operation_id = "transfer_ticket", tag = "tickets",
    params(OfTicket),
    responses((status = 200, description = "The ticket, transferred.", body = Told), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn transfer(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<Transfer>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let note = optional(&mut errors, "note", body.note.as_deref(), parse_note);
    let department = department(&desk, &mut errors, Some(&body.department)).await?;
    let Some(department) = department else { return Err(errors.into()) };
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let command = TicketCommand::Transfer { department, note };
    let outcome = desk.commands.ticket(&request, id, command).await;
    told(&desk, &request, id, outcome, "Ticket transferred").await
}
