//! How the payloads of tickets' events changed from version to version.

use serde_json::Value;

use super::values::FlaggedBy;
use crate::evolution::{Fields, Step};

/// The steps between the versions of tickets' events.
pub(super) const STEPS: &[Step] =
    &[Step { event_type: "TicketFlagged", from: 1, up: flagged_by_somebody, down: flagged }];

/// Version 1 did not say who raised a suspicion: staff could and the desk itself could.
fn flagged_by_somebody(fields: &mut Fields) {
    let unknown: &'static str = FlaggedBy::Unknown.into();
    fields.insert("by".to_owned(), Value::from(unknown));
}

fn flagged(fields: &mut Fields) {
    fields.remove("by");
}
