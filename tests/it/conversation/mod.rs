//! What is said inside a ticket, over HTTP: to whom, and what goes with it.

mod markup;
mod mentions;
mod redaction;
mod set_status;

use serde_json::Value;

/// The address of a ticket, as an answer names it.
fn path_of(ticket: &Value) -> String {
    format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("a ticket's id"))
}
