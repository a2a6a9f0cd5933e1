//! Proof of everything that happened to a ticket.

use axum::extract::State;
use domain::id::TicketId;
use projections::ticket_page::TicketRef;
use serde::Serialize;
use utoipa::ToSchema;

use super::reference::{OfTicket, no_ticket, seen};
use crate::auth::Auditor;
use crate::body::Json;
use crate::desk::Desk;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::{Conflicting, Forbidden, Guarded, Missing};
use crate::routes::audit::{Head, StoredEvent, hexed};

/// A ticket's events with the proof that they are in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketProof {
    /// The ticket.
    #[schema(example = "TKT-1767225600000-0A1B2C")]
    ticket_id: String,
    /// The signed head that every path leads to.
    head: Head,
    /// The events of the ticket and of its conversation, in order of position.
    events: Vec<ProvedEvent>,
}

/// An event with the proof that it is in the log.
#[derive(Serialize, ToSchema)]
struct ProvedEvent {
    /// The event as stored.
    event: StoredEvent,
    /// The hashes beside its leaf's way up to the root (RFC 6962, 2.1.1).
    path: Vec<String>,
}

/// Prove a ticket's events
///
/// Every event of the ticket and of its conversation as the log has it, personal texts sealed, with its path to the
/// root of one signed head.
#[utoipa::path(
    get, path = "/tickets/{id}/audit-proof", operation_id = "prove_ticket", tag = "audit", params(OfTicket),
    responses((status = 200, description = "The proofs.", body = TicketProof), Guarded, Forbidden, Missing, Conflicting),
    security(("bearerAuth" = []), ("apiToken" = ["audit:read"])),
)]
pub(super) async fn prove(
    State(desk): State<Desk>,
    Auditor(signed): Auditor,
    Id(ticket): Id<TicketRef>,
) -> Answer<Json<TicketProof>> {
    let ticket = TicketId::of_stream(seen(&desk, &signed.caller.sight(), ticket).await?.id);
    let (head, proved) = desk.log.audit().of_ticket(ticket).await?.ok_or_else(no_ticket)?;
    let events = proved.into_iter();
    let events = events.map(|proved| ProvedEvent { path: hexed(&proved.path), event: proved.event.into() });
    Ok(Json(TicketProof { ticket_id: ticket.to_string(), head: head.into(), events: events.collect() }))
}
