//! Tickets over HTTP: their life, what lists tell of them, and to whom.

mod aliases;
mod internal;
mod labels;
mod life;
mod lists;
mod pages;
mod positions;

use serde_json::Value;
use tests::desk::{Answer, Somebody, TestDesk};

/// The address of a ticket, as an answer names it.
fn path_of(ticket: &Value) -> String {
    format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("a ticket's id"))
}

/// The names of the fields of `value`.
fn fields(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Everything that `who` finds with `query`, which all fits on one page.
async fn found(desk: &TestDesk, who: &Somebody, query: &str) -> Answer {
    let list = desk.get(who, &format!("/api/v1/tickets?limit=100&{query}")).await.expect(200);
    assert_eq!(list.body["pagination"]["has_more"], false, "{query}");
    list
}

/// The tickets in a list.
fn tickets(list: &Answer) -> &[Value] {
    list.body["tickets"].as_array().expect("tickets")
}
