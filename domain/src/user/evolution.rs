//! How the payloads of accounts' events changed from version to version.

use serde_json::Value;

use crate::evolution::{Fields, Step};

/// The steps between the versions of accounts' events.
pub(super) const STEPS: &[Step] =
    &[Step { event_type: "ApiTokenIssued", from: 1, up: as_it_was, down: without_newer_scopes }];

/// The scopes that version 1 did not know.
const NEWER: [&str; 1] = ["internal"];

/// Every scope of version 1 still is one.
fn as_it_was(_: &mut Fields) {}

fn without_newer_scopes(fields: &mut Fields) {
    if let Some(Value::Array(scopes)) = fields.get_mut("scopes") {
        scopes.retain(|scope| scope.as_str().is_none_or(|scope| !NEWER.contains(&scope)));
    }
}
