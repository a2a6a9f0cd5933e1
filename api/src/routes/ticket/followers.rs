//! Who follows a ticket.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::ticket::TicketCommand;
use projections::ticket_page::TicketRef;

use super::answer::{Acted, Changed, changed};
use super::reference::{OfTicket, find_id};
use crate::context::Asked;
use crate::desk::Desk;
use crate::id::Id;
use crate::mentions::person;
use crate::problem::Answer;

/// Follow a ticket
///
/// Everybody may follow what they see; staff may also make somebody else a follower, who sees it (`NOT_A_READER` otherwise).
/// Whoever a message mentions follows the ticket from then on. Following again changes nothing.
#[utoipa::path(
    put, path = "/tickets/{id}/followers/{user_id}", operation_id = "follow_ticket", tag = "tickets",
    params(OfTicket, ("user_id" = Uuid, Path, description = "The follower.")),
    responses((status = 200, description = "The ticket.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn follow(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id((ticket, user)): Id<(TicketRef, UserId)>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let reader = person(&desk, user).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Follow { user, reader }).await;
    changed(&desk, &request, id, outcome).await
}

/// Unfollow a ticket
///
/// Everybody may for themselves, staff for everybody. Where nobody follows, nothing changes.
#[utoipa::path(
    delete, path = "/tickets/{id}/followers/{user_id}", operation_id = "unfollow_ticket", tag = "tickets",
    params(OfTicket, ("user_id" = Uuid, Path, description = "The follower.")),
    responses((status = 200, description = "The ticket.", body = Changed), Acted),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn unfollow(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id((ticket, user)): Id<(TicketRef, UserId)>,
) -> Answer<impl IntoResponse> {
    let id = find_id(&desk, &request, ticket).await?;
    let outcome = desk.commands.ticket(&request, id, TicketCommand::Unfollow { user }).await;
    changed(&desk, &request, id, outcome).await
}
