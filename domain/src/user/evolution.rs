//! How the payloads of accounts' events changed from version to version.

use serde_json::Value;

use crate::evolution::{Fields, Step};

/// The steps between the versions of accounts' events.
pub(super) const STEPS: &[Step] = &[
    Step { event_type: "ApiTokenIssued", from: 1, up: as_it_was, down: without_internal },
    Step { event_type: "ApiTokenIssued", from: 2, up: as_it_was, down: without_knowledge },
];

/// Every scope of an earlier version still is one.
fn as_it_was(_: &mut Fields) {}

fn without_internal(fields: &mut Fields) {
    without(fields, &["internal"]);
}

fn without_knowledge(fields: &mut Fields) {
    without(fields, &["knowledge:read", "knowledge:write"]);
}

/// Takes out the scopes that a version did not know.
fn without(fields: &mut Fields, newer: &[&str]) {
    if let Some(Value::Array(scopes)) = fields.get_mut("scopes") {
        scopes.retain(|scope| scope.as_str().is_none_or(|scope| !newer.contains(&scope)));
    }
}
