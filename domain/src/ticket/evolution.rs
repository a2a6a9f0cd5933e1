//! How the payloads of tickets' events changed from version to version.

use serde_json::Value;

use super::values::FlaggedBy;
use crate::evolution::{Fields, Step};

/// The steps between the versions of tickets' events.
pub(super) const STEPS: &[Step] = &[
    Step { event_type: "TicketFlagged", from: 1, up: flagged_by_somebody, down: flagged },
    Step { event_type: "TicketCreated", from: 1, up: filed_nowhere, down: filed },
];

/// Version 1 did not say who raised a suspicion: staff could and the desk itself could.
fn flagged_by_somebody(fields: &mut Fields) {
    let unknown: &'static str = FlaggedBy::Unknown.into();
    fields.insert("by".to_owned(), Value::from(unknown));
}

/// What version 1 of a creation did not say.
const PLACES: [&str; 3] = ["category", "building", "organization"];

/// Version 1 knew of no categories, buildings and organizations: there were none to choose.
fn filed_nowhere(fields: &mut Fields) {
    fields.extend(PLACES.map(|place| (place.to_owned(), Value::Null)));
}

fn filed(fields: &mut Fields) {
    for place in PLACES {
        fields.remove(place);
    }
}

fn flagged(fields: &mut Fields) {
    fields.remove("by");
}
