//! How the payloads of conversations' events changed from version to version.

use serde_json::Value;

use crate::evolution::{Fields, Step};

/// The steps between the versions of conversations' events.
pub(super) const STEPS: &[Step] =
    &[Step { event_type: "MessagePosted", from: 1, up: speaks_to_nobody, down: says_nothing_of_mentions }];

const MENTIONS: &str = "mentions";

/// Version 1 knew of no mentions: a name in the text was only a text.
fn speaks_to_nobody(fields: &mut Fields) {
    fields.insert(MENTIONS.to_owned(), Value::Array(vec![]));
}

fn says_nothing_of_mentions(fields: &mut Fields) {
    fields.remove(MENTIONS);
}
