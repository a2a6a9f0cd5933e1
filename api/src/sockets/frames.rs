//! Frames that are not events: what is said about the connection itself.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::problem::Problem;

/// Who is there, and where the log ends.
pub(super) fn welcome(session: Uuid, head: i64) -> String {
    json!({ "type": "welcome", "session_id": session, "head": head }).to_string()
}

/// From now on `room`, which was asked for as `asked`, is heard, behind `from`.
pub(super) fn subscribed(room: &str, asked: &str, from: i64) -> String {
    let mut frame = json!({ "type": "subscribed", "room": room, "from": from });
    if room != asked {
        frame["asked"] = asked.into();
    }
    frame.to_string()
}

/// `room` is heard no more, as asked.
pub(super) fn unsubscribed(room: &str) -> String {
    json!({ "type": "unsubscribed", "room": room }).to_string()
}

/// What is shown of `room` has to be read again: it is out of sight (`out_of_sight`, `rights_changed`), and not heard
/// any more, or `ticket` left it (`ticket_left`).
pub(super) fn resync(room: &str, reason: &str, ticket: Option<String>) -> String {
    let mut frame = json!({ "type": "resync", "room": room, "reason": reason });
    if let Some(ticket) = ticket {
        frame["ticket_id"] = ticket.into();
    }
    frame.to_string()
}

/// The message `client_msg_id` is in the log.
pub(super) fn ack(client_msg_id: &str, message: Uuid, position: i64) -> String {
    json!({ "type": "ack", "client_msg_id": client_msg_id, "message_id": message, "pos": position })
        .to_string()
}

/// The answer to a ping.
pub(super) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}

/// What is wrong with a frame; `about` names the part of it that it is about.
pub(super) fn error(problem: &Problem, about: &[(&str, Value)], request_id: Uuid) -> String {
    let mut details: Map<String, Value> = problem.particulars().clone();
    details.insert("reason".to_owned(), problem.code().into());
    details.extend(about.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    json!({
        "type": "error",
        "error": {
            "code": "WS_ERROR", "message": problem.message(), "details": details, "request_id": request_id,
        },
    })
    .to_string()
}
