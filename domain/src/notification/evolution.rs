//! How the payloads of notifications' events changed from version to version.

use serde_json::Value;

use crate::evolution::{Fields, Step};

/// The steps between the versions of notifications' events.
pub(super) const STEPS: &[Step] =
    &[Step { event_type: "NotificationRaised", from: 1, up: about_no_report, down: says_nothing_of_reports }];

const REPORT: &str = "report";

/// Version 1 knew of no reports of misuse, so none was about one.
fn about_no_report(fields: &mut Fields) {
    fields.insert(REPORT.to_owned(), Value::Null);
}

fn says_nothing_of_reports(fields: &mut Fields) {
    fields.remove(REPORT);
}
