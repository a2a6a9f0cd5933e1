//! How the payloads of entries' events changed from version to version.

use serde_json::Value;

use crate::evolution::{Fields, Step};

/// The steps between the versions of entries' events.
pub(super) const STEPS: &[Step] = &[
    Step { event_type: "EntryAdded", from: 1, up: shares_nothing, down: says_nothing_of_sharing },
    Step { event_type: "EntryChanged", from: 1, up: shares_nothing, down: says_nothing_of_sharing },
];

const SHARED: &str = "shared_departments";

/// Version 1 knew of no sharing within an organization: there was none.
fn shares_nothing(fields: &mut Fields) {
    if let Some(details) = fields.get_mut("details").and_then(Value::as_object_mut) {
        details.insert(SHARED.to_owned(), Value::Array(vec![]));
    }
}

fn says_nothing_of_sharing(fields: &mut Fields) {
    if let Some(details) = fields.get_mut("details").and_then(Value::as_object_mut) {
        details.remove(SHARED);
    }
}
