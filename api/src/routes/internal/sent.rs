//! What is sent to the internal webhooks, read as far as the desk knows what it means. Everything else is passed over: each of
//! the desk's predecessors sends fields of its own.

use domain::id::UserId;
use projections::ticket_page::TicketRef;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::ValidationErrors;
use crate::id::Named as _;

/// That a ticket was filed.
#[derive(Deserialize, ToSchema)]
pub(super) struct TicketCreated {
    /// The ticket: its id `TKT-…`, its UUID, or its number.
    #[schema(required, nullable = false, example = "TKT-1763700000000-4K9XQ2")]
    pub(super) ticket_id: Option<String>,
    /// Who filed it, by UUID.
    pub(super) user_id: Option<String>,
    /// Its title.
    #[expect(dead_code, reason = "read to be refused when it is no text")]
    title: Option<String>,
    /// Its description.
    #[expect(dead_code, reason = "read to be refused when it is no text")]
    description: Option<String>,
}

/// That somebody seems to misuse the desk.
#[derive(Deserialize, ToSchema)]
pub(super) struct MisuseDetected {
    /// Who, by UUID.
    #[schema(required, nullable = false, example = "019b76da-a800-7000-8000-000000000001")]
    pub(super) user_id: Option<String>,
    /// What was found; this or `misuse_type`.
    #[schema(value_type = Option<Object>)]
    pub(super) report: Option<Value>,
    /// Of which kind it is; this or `report`.
    #[schema(example = "duplicate_tickets")]
    pub(super) misuse_type: Option<String>,
    /// On which tickets.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) ticket_ids: Vec<String>,
}

/// That somebody wrote on a ticket.
#[derive(Deserialize, ToSchema)]
pub(super) struct MessageSent {
    /// The ticket: its id `TKT-…`, its UUID, or its number.
    #[schema(required, nullable = false, example = "TKT-1763700000000-4K9XQ2")]
    pub(super) ticket_id: Option<String>,
    /// The message, as a text or an object; this or `message_id`.
    #[schema(value_type = Option<Object>)]
    pub(super) message: Option<Value>,
    /// The message, by UUID; this or `message`.
    pub(super) message_id: Option<String>,
    /// Who wrote it, by UUID.
    pub(super) sender_id: Option<String>,
}

/// That an answer was suggested for a ticket.
#[derive(Deserialize, ToSchema)]
pub(super) struct ReplySuggested {
    /// The ticket: its id `TKT-…`, its UUID, or its number.
    #[schema(required, nullable = false, example = "TKT-1763700000000-4K9XQ2")]
    pub(super) ticket_id: Option<String>,
    /// The answer; this or `reply`.
    #[schema(example = "Please restart the printer.")]
    pub(super) suggested_response: Option<String>,
    /// The answer; this or `suggested_response`.
    pub(super) reply: Option<String>,
}

/// The ticket that is named in `field`; what is wrong with it is noted.
pub(super) fn ticket(errors: &mut ValidationErrors, field: &str, sent: Option<&str>) -> Option<TicketRef> {
    let Some(sent) = sent else {
        errors.add(field, "required", "is missing");
        return None;
    };
    let named = TicketRef::read(sent);
    if named.is_none() {
        errors.add(field, "invalid", "must be a ticket's id TKT-…, its UUID or its number");
    }
    named
}

/// The person that is named in `field`; what is wrong with it is noted.
pub(super) fn person(errors: &mut ValidationErrors, field: &str, sent: Option<&str>) -> Option<UserId> {
    if sent.is_none() {
        errors.add(field, "required", "is missing");
    }
    id(errors, field, sent).map(UserId)
}

/// The UUID in `field`, if there is one; what is wrong with it is noted.
pub(super) fn id(errors: &mut ValidationErrors, field: &str, sent: Option<&str>) -> Option<Uuid> {
    let sent = sent?;
    errors.check(field, Uuid::try_parse(sent).map_err(|_| "must be a UUID"))
}

/// Notes that one of `fields` has to be there, unless one of them is.
pub(super) fn one_of(errors: &mut ValidationErrors, fields: [(&str, bool); 2]) {
    let [(field, is_given), (other, is_other_given)] = fields;
    if !is_given && !is_other_given {
        errors.add(field, "required", format!("is missing, and so is {other}"));
    }
}

/// Whether a text says anything.
pub(super) fn says(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}
