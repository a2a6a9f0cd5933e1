//! Many who want the same at once.

mod allowance;
mod tickets;
mod users;

use std::collections::BTreeMap;

use domain::event::Event;
use domain::id::TicketId;
use serde_json::Value;
use tests::desk::{Answer, TestDesk};

/// The events on the ticket's own stream, by type.
async fn events_of(desk: &TestDesk, ticket: TicketId) -> BTreeMap<&'static str, usize> {
    use application::ledger::Ledger as _;
    let recorded = desk.desk.log.read_streams(&[(ticket.stream(), 0)]).await.expect("a log");
    let mut types = BTreeMap::new();
    for event in &recorded {
        if let Event::Ticket(event) = &event.event {
            *types.entry(<&'static str>::from(event)).or_default() += 1;
        }
    }
    types
}

/// The id of a ticket in an answer.
fn id_of(ticket: &Value) -> TicketId {
    ticket["ticket_id"].as_str().and_then(|id| id.parse().ok()).expect("a ticket's id")
}

/// How often each status and code was answered.
fn tally(answers: &[Answer]) -> BTreeMap<(u16, &str), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        // A 202 is a success that the read models are late for.
        let status = if answer.status == 202 { 200 } else { answer.status.as_u16() };
        let status = if status == 201 { 200 } else { status };
        *tally.entry((status, answer.code())).or_default() += 1;
    }
    tally
}
