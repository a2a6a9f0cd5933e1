//! Suspected misuse: raised, dropped, or confirmed.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::ticket::TicketCommand;
use domain::ticket::values::parse_note;
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Acted, Changed, changed};
use super::reference::{OfTicket, find_id};
use super::words::optional;
use crate::auth::Admin;
use crate::body::OptionalJson;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// A suspicion.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Flag {
    /// What raises it.
    #[schema(min_length = 1, max_length = 2_000, example = "Advertises a casino")]
    reason: Option<String>,
}

/// Suspect misuse
///
/// Staff may, of a ticket that nobody took up yet. It is held back until an administrator decides: nobody is made responsible for
/// it meanwhile by the desk itself.
#[utoipa::path(
    post, path = "/tickets/{id}/flag", operation_id = "flag_ticket", tag = "tickets", params(OfTicket),
    request_body = Option<Flag>,
    responses((status = 200, description = "The ticket.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn flag(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    OptionalJson(body): OptionalJson<Flag>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let reason = optional(&mut errors, "reason", body.reason.as_deref(), parse_note);
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Flag { reason }).await;
    changed(&desk, &request, id, outcome).await
}

/// Drop a suspicion of misuse
///
/// Administrators may. The ticket goes on as every new one does: it is routed and handed out, without being screened again.
#[utoipa::path(
    post, path = "/tickets/{id}/clear-flag", operation_id = "clear_ticket_flag", tag = "tickets", params(OfTicket),
    responses((status = 200, description = "The ticket.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn clear_flag(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let waiter = desk.waiting.enter(id);
    let outcome = desk.commands.ticket(&request, id, TicketCommand::ClearFlag).await;
    if matches!(&outcome, Ok(application::Done::Changed(appended)) if !appended.repeated) {
        desk.triaged(waiter).await;
    }
    changed(&desk, &request, id, outcome).await
}

/// Confirm misuse
///
/// Administrators may. The ticket is closed.
#[utoipa::path(
    post, path = "/tickets/{id}/confirm-misuse", operation_id = "confirm_ticket_misuse", tag = "tickets",
    params(OfTicket),
    responses((status = 200, description = "The ticket, closed.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn confirm_misuse(
    State(desk): State<Desk>,
    _: Admin,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::ConfirmMisuse).await;
    changed(&desk, &request, id, outcome).await
}
