//! From open to closed, and back.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::ticket::TicketCommand;
use domain::ticket::values::{Status, parse_note, parse_resolution_code};
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Acted, Changed, Told, changed, told};
use super::reference::{OfTicket, find_id};
use super::words::{optional, word};
use crate::body::{Json, OptionalJson};
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// Another status.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStatus {
    /// The status; `new` is another word for `open`.
    #[schema(value_type = Status, example = "in_progress")]
    status: String,
    /// Why.
    #[schema(min_length = 1, max_length = 2_000, example = "Waiting for the part")]
    reason: Option<String>,
}

/// How a ticket was solved.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    /// What solved it.
    #[schema(min_length = 1, max_length = 2_000, example = "Replaced the toner")]
    resolution: Option<String>,
    /// What solved it, as a code.
    #[schema(min_length = 1, max_length = 64, example = "hardware_replaced")]
    resolution_code: Option<String>,
}

/// That a problem came back.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reopen {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000, example = "It is jammed again")]
    reason: Option<String>,
}

/// Set a ticket's status
///
/// Staff may, to those that its status leads to; a refusal names them. `/set-status` does the same.
#[utoipa::path(
    post, path = "/tickets/{id}/status", operation_id = "set_ticket_status", tag = "tickets",
    params(OfTicket),
    responses((status = 200, description = "The ticket.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn set_status(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(body): Json<SetStatus>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let to = errors.check("status", word(&body.status));
    let reason = optional(&mut errors, "reason", body.reason.as_deref(), parse_note);
    let Some(to) = to else { return Err(errors.into()) };
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::SetStatus { to, reason }).await;
    changed(&desk, &request, id, outcome).await
}

/// Resolve a ticket
///
/// Its requester and staff may. Resolving a resolved ticket changes nothing.
#[utoipa::path(
    post, path = "/tickets/{id}/resolve", operation_id = "resolve_ticket", tag = "tickets", params(OfTicket),
    request_body = Option<Resolve>,
    responses((status = 200, description = "The ticket, resolved.", body = Told), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn resolve(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    OptionalJson(body): OptionalJson<Resolve>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let resolution = optional(&mut errors, "resolution", body.resolution.as_deref(), parse_note);
    let code = body.resolution_code.as_deref();
    let resolution_code = optional(&mut errors, "resolution_code", code, parse_resolution_code);
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let command = TicketCommand::Resolve { resolution, resolution_code };
    let outcome = desk.commands.ticket(&request, id, command).await;
    told(&desk, &request, id, outcome, "Ticket marked as resolved").await
}

/// Close a ticket
///
/// Staff may, once it is resolved. Closing a closed ticket changes nothing.
#[utoipa::path(
    post, path = "/tickets/{id}/close", operation_id = "close_ticket", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket, closed.", body = Told), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn close(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Close).await;
    told(&desk, &request, id, outcome, "Ticket closed").await
}

/// Reopen a ticket
///
/// Its requester may within so many days of its resolution as the setting `reopen_window_days` says; staff also
/// later, unless it is closed.
#[utoipa::path(
    post, path = "/tickets/{id}/reopen", operation_id = "reopen_ticket", tag = "tickets", params(OfTicket),
    request_body = Option<Reopen>,
    responses((status = 200, description = "The ticket, reopened.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn reopen(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    OptionalJson(body): OptionalJson<Reopen>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let reason = optional(&mut errors, "reason", body.reason.as_deref(), parse_note);
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Reopen { reason }).await;
    changed(&desk, &request, id, outcome).await
}
