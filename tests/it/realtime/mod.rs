//! The WebSocket: what everybody hears, and does not hear, as it happens.

mod bad_input;
mod broken;
pub(crate) mod client;
mod door;
mod leaks;
mod life;
mod merges;
mod nodes;
mod presence;
mod resume;
mod sight;
mod slow;

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

/// The id of a ticket as people write it.
fn id_of(ticket: &Value) -> String {
    ticket["ticket_id"].as_str().expect("a ticket's id").to_owned()
}

/// The room of a ticket.
fn room_of(ticket: &Value) -> String {
    format!("ticket_{}", id_of(ticket))
}

/// What `who` gets for `body` at `rest` of `ticket`.
async fn act(desk: &TestDesk, who: &Somebody, ticket: &Value, rest: &str, body: Value) -> Value {
    let answer = desk.post(who, &format!("/api/v1/tickets/{}/{rest}", id_of(ticket)), body).await;
    assert!(answer.status.is_success(), "{rest}: {}", answer.body);
    answer.body
}

/// Has `who` say something on `ticket`.
async fn say(desk: &TestDesk, who: &Somebody, ticket: &Value, content: &str) -> Value {
    act(desk, who, ticket, "messages", json!({ "content": content })).await
}

/// Has `who` write a note on `ticket` for staff.
async fn note(desk: &TestDesk, who: &Somebody, ticket: &Value, content: &str) -> Value {
    act(desk, who, ticket, "messages", json!({ "content": content, "is_internal": true })).await
}
