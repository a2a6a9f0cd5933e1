//! The webhooks that the desk's predecessors called within themselves.

use axum::extract::State;
use domain::access::Sight;
use domain::id::UserId;
use projections::ticket_page::{TicketRef, resolve};
use projections::user_directory::by_id;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::sent::{
    MessageSent, MisuseDetected, ReplySuggested, TicketCreated, id, one_of, person, says, ticket,
};
use crate::auth::Insider;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{CheckedBody, Guarded, Missing};
use crate::problem::{Answer, Problem};

/// That it was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Taken {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// How many tickets a suspicion of misuse names.
const MOST_TICKETS: usize = 100;
const TAKEN: Json<Taken> = Json(Taken { status: "ok" });

/// Say that a ticket was filed
///
/// For programs of the desk's predecessors, on this machine without a token. The desk knows it from its own events:
/// this checks what is sent and changes nothing, however often. Fields that are not named here are passed over.
#[utoipa::path(
    post, path = "/internal/webhook/on_ticket_created", operation_id = "on_ticket_created", tag = "internal",
    responses((status = 200, description = "It was taken.", body = Taken), Guarded, Missing, CheckedBody),
    security((), ("bearerAuth" = []), ("apiToken" = ["internal"])),
)]
pub(super) async fn on_ticket_created(
    State(desk): State<Desk>,
    _: Insider,
    Json(sent): Json<TicketCreated>,
) -> Answer<Json<Taken>> {
    let mut errors = ValidationErrors::default();
    let ticket = ticket(&mut errors, "ticket_id", sent.ticket_id.as_deref());
    id(&mut errors, "user_id", sent.user_id.as_deref());
    errors.finish()?;
    exist(&desk, ticket).await
}

/// Say that somebody seems to misuse the desk
///
/// As `on_ticket_created`: it checks what is sent and changes nothing.
#[utoipa::path(
    post, path = "/internal/webhook/on_misuse_detected", operation_id = "on_misuse_detected", tag = "internal",
    responses((status = 200, description = "It was taken.", body = Taken), Guarded, Missing, CheckedBody),
    security((), ("bearerAuth" = []), ("apiToken" = ["internal"])),
)]
pub(super) async fn on_misuse_detected(
    State(desk): State<Desk>,
    _: Insider,
    Json(sent): Json<MisuseDetected>,
) -> Answer<Json<Taken>> {
    let mut errors = ValidationErrors::default();
    let person = person(&mut errors, "user_id", sent.user_id.as_deref());
    let found =
        [("report", is_there(sent.report.as_ref())), ("misuse_type", says(sent.misuse_type.as_ref()))];
    one_of(&mut errors, found);
    if sent.ticket_ids.len() > MOST_TICKETS {
        errors.add("ticket_ids", "invalid", format!("has at most {MOST_TICKETS} tickets"));
        return Err(errors.into());
    }
    let mut tickets = Vec::new();
    for (place, named) in sent.ticket_ids.iter().enumerate() {
        tickets.extend(ticket(&mut errors, &format!("ticket_ids[{place}]"), Some(named)));
    }
    errors.finish()?;
    is_somebody(&desk, person).await?;
    exist(&desk, tickets).await
}

/// Say that somebody wrote on a ticket
///
/// As `on_ticket_created`: it checks what is sent and changes nothing.
#[utoipa::path(
    post, path = "/internal/webhook/on_message_sent", operation_id = "on_message_sent", tag = "internal",
    responses((status = 200, description = "It was taken.", body = Taken), Guarded, Missing, CheckedBody),
    security((), ("bearerAuth" = []), ("apiToken" = ["internal"])),
)]
pub(super) async fn on_message_sent(
    State(desk): State<Desk>,
    _: Insider,
    Json(sent): Json<MessageSent>,
) -> Answer<Json<Taken>> {
    let mut errors = ValidationErrors::default();
    let ticket = ticket(&mut errors, "ticket_id", sent.ticket_id.as_deref());
    id(&mut errors, "message_id", sent.message_id.as_deref());
    id(&mut errors, "sender_id", sent.sender_id.as_deref());
    let said = [("message", is_there(sent.message.as_ref())), ("message_id", sent.message_id.is_some())];
    one_of(&mut errors, said);
    errors.finish()?;
    exist(&desk, ticket).await
}

/// Say that an answer was suggested for a ticket
///
/// As `on_ticket_created`: it checks what is sent and changes nothing.
#[utoipa::path(
    post, path = "/internal/webhook/on_ai_reply_suggested", operation_id = "on_ai_reply_suggested",
    tag = "internal",
    responses((status = 200, description = "It was taken.", body = Taken), Guarded, Missing, CheckedBody),
    security((), ("bearerAuth" = []), ("apiToken" = ["internal"])),
)]
pub(super) async fn on_ai_reply_suggested(
    State(desk): State<Desk>,
    _: Insider,
    Json(sent): Json<ReplySuggested>,
) -> Answer<Json<Taken>> {
    let mut errors = ValidationErrors::default();
    let ticket = ticket(&mut errors, "ticket_id", sent.ticket_id.as_deref());
    let replies = [
        ("suggested_response", says(sent.suggested_response.as_ref())),
        ("reply", says(sent.reply.as_ref())),
    ];
    one_of(&mut errors, replies);
    errors.finish()?;
    exist(&desk, ticket).await
}

/// Show whether the internal webhooks answer
#[utoipa::path(
    get, path = "/internal/webhook/health", operation_id = "internal_health", tag = "internal",
    responses((status = 200, description = "They do.", body = Taken), Guarded),
    security((), ("bearerAuth" = []), ("apiToken" = ["internal"])),
)]
pub(super) async fn health(_: Insider) -> Json<Taken> {
    TAKEN
}

/// Whether there is an object with anything in it, or a text that says something.
fn is_there(sent: Option<&Value>) -> bool {
    match sent {
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::String(text)) => !text.trim().is_empty(),
        _ => false,
    }
}

/// That all of these tickets exist, is taken; 404 if one does not.
async fn exist(desk: &Desk, tickets: impl IntoIterator<Item = TicketRef>) -> Answer<Json<Taken>> {
    for ticket in tickets {
        let found = resolve(desk.pool(), &Sight::Everything, ticket).await?;
        found.ok_or_else(|| Problem::not_found("there is no such ticket"))?;
    }
    Ok(TAKEN)
}

/// # Errors
/// 404: there is no such person.
async fn is_somebody(desk: &Desk, person: Option<UserId>) -> Answer<()> {
    if let Some(person) = person {
        by_id(desk.pool(), person).await?.ok_or_else(|| Problem::not_found("there is no such person"))?;
    }
    Ok(())
}
