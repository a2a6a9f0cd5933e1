//! The internal webhooks of the desk's predecessors: who may call them, what they take, and that they change nothing.

mod callers;
mod payloads;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::desk::TestDesk;

/// Each with a payload that it takes, of a ticket and a person.
fn payloads(ticket: &str, person: &str) -> [(&'static str, Value); 4] {
    [
        (
            "on_ticket_created",
            json!({ "ticket_id": ticket, "user_id": person, "title": "A", "description": "B" }),
        ),
        ("on_misuse_detected", json!({ "user_id": person, "misuse_type": "spam", "ticket_ids": [ticket] })),
        ("on_message_sent", json!({ "ticket_id": ticket, "message": "Hello", "sender_id": person })),
        ("on_ai_reply_suggested", json!({ "ticket_id": ticket, "suggested_response": "Restart it." })),
    ]
}

/// What a program on this machine sends without a token.
fn call(desk: &TestDesk, name: &str, body: &Value) -> RequestBuilder {
    desk.request(None, Method::POST, &format!("/api/v1/internal/webhook/{name}")).json(body)
}
