//! Notifications as mails.

use infrastructure::mail::Letter;

use super::shown::Full;

/// Why somebody got it, and what to do about that.
const FOOTER: &str = "You get this mail because of your notification preferences in the help desk; there you also choose \
    what you are told, how and when.";

/// A notification as a mail. Its subject is that of the ticket, so that all about one ticket is one thread.
pub(super) fn one(full: &Full) -> Letter {
    let subject = match &full.ticket {
        Some((id, title)) => format!("[{id}] {title}"),
        None => full.shown.title.clone(),
    };
    let letter = Letter::new(&subject).paragraph(&full.shown.title);
    let letter = match full.content.as_deref().filter(|content| !content.is_empty()) {
        Some(content) => letter.paragraph(content),
        None => letter,
    };
    letter.paragraph(FOOTER)
}

/// Several notifications as one mail.
pub(super) fn digest(notifications: &[Full]) -> Letter {
    let number = notifications.len();
    let subject = format!("{number} notification{} from the help desk", if number == 1 { "" } else { "s" });
    let said = notifications.iter().fold(Letter::new(&subject), |letter, full| {
        let about = full.ticket.as_ref().map(|(id, _)| format!(" ({id})")).unwrap_or_default();
        let line = format!("{}{about}", full.shown.title);
        let message = &full.shown.message;
        letter.paragraph(&if message.is_empty() { line } else { format!("{line}\n{message}") })
    });
    said.paragraph(FOOTER)
}
