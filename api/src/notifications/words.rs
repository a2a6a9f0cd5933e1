//! What notifications say, in a line.

use std::str::FromStr as _;

use domain::notification::values::{Alert, Kind};
use projections::misuse_reports::ShownReport;
use projections::notifications::Notified;
use uuid::Uuid;

/// What is known of a notification besides its row, as far as its reader may know it.
pub(super) struct Known<'a> {
    /// The ticket's title.
    pub(super) title: &'a str,
    /// Who did it.
    pub(super) actor: &'a str,
    /// To whom the ticket was assigned.
    pub(super) assignee: &'a str,
}

/// The title of a notification about a ticket.
pub(super) fn about_ticket(row: &Notified, kind: Kind, known: &Known<'_>) -> String {
    let Known { title, actor, assignee } = known;
    let is_mine = |person: Option<Uuid>| person == Some(row.user_id);
    match kind {
        Kind::TicketCreated => format!("New ticket: {title}"),
        Kind::TicketAssigned if is_mine(row.assignee) => format!("Assigned to you: {title}"),
        Kind::TicketAssigned => format!("Assigned to {assignee}: {title}"),
        Kind::MessageReceived => format!("{actor} wrote on “{title}”{}", now(row)),
        Kind::Mention => format!("{actor} mentioned you on “{title}”{}", now(row)),
        Kind::StatusChanged => {
            format!(
                "“{title}” is {} now",
                row.status.as_deref().map_or_else(|| "changed".to_owned(), in_words)
            )
        }
        Kind::SlaWarning => format!("“{title}” is about to miss its target"),
        Kind::SlaBreached => format!("“{title}” missed its target"),
        Kind::Escalated => format!("“{title}” was escalated"),
        Kind::MisuseDetected => format!("Misuse is suspected: {title}"),
        Kind::FeedbackReceived => format!("{actor} gave feedback on “{title}”"),
        Kind::KbComment | Kind::SystemAlert => title.to_string(),
    }
}

/// What an answer did to the status, if it did anything.
fn now(row: &Notified) -> String {
    row.status.as_deref().map(|status| format!(", which is {} now", in_words(status))).unwrap_or_default()
}

fn in_words(status: &str) -> String {
    status.replace('_', " ")
}

/// The title and the text of a notification that is about no ticket.
pub(super) fn about_the_desk(row: &Notified) -> (&'static str, &'static str) {
    let alert = row.alert.as_deref().and_then(|alert| Alert::from_str(alert).ok());
    match alert {
        Some(Alert::TokenReused) => (
            "One of your sign-ins was copied and has been ended",
            "Somebody showed a key of yours that had been used before. Sign in again, and change your password if you \
             do not know why that was.",
        ),
        Some(Alert::WebhookDisabled) => (
            "A webhook was disabled",
            "The desk sends nothing to it any more, because its receiver failed for too long or asked for it.",
        ),
        None => ("News from the desk", ""),
    }
}

/// The title and the text of a notification about a report of misuse.
pub(super) fn about_report(report: &ShownReport) -> (String, String) {
    let who = report.username.as_deref().unwrap_or("somebody");
    let (kind, severity) = (report.misuse_type.as_str(), report.severity_level.as_str());
    (format!("Misuse is suspected of {who}"), format!("Kind: {}. Severity: {severity}.", in_words(kind)))
}

/// What stands in place of something that only administrators see, for who is none any more.
pub(super) const FOR_ADMINISTRATORS: &str = "Something that administrators look after";

/// What stands in place of a ticket that the reader does not see any more.
pub(super) const OUT_OF_SIGHT: &str = "Something about a ticket that you do not see any more";

/// The beginning of a text, on one line, of at most `most` characters.
pub(super) fn excerpt(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_has_one_line_and_ends_at_a_character() {
        assert_eq!(excerpt(" a\n b\tc ", 9), "a b c");
        assert_eq!(excerpt("größe und mehr", 5), "größe…");
        assert_eq!(excerpt("größe und mehr", 6), "größe…");
        assert_eq!(excerpt("", 5), "");
    }
}
