//! A mail as it leaves: sealed in the queue, opened by the sender, formatted for whoever delivers it.

use domain::user::values::EmailAddress;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Letter, SendError};

/// A mail as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which one: its `Message-ID` is made of it, so it is the same however often the mail is sent.
    pub id: Uuid,
    /// What is sealed while it waits.
    pub content: Content,
    /// Whose account it is about and whose texts it quotes: persons, and messages with keys of their own.
    pub of: Vec<Uuid>,
}

/// What is sealed while a mail waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Where it goes.
    pub address: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same in HTML.
    pub html: String,
    /// The ticket whose thread it belongs to. Mails of earlier versions have none.
    #[serde(default)]
    pub thread: Option<String>,
}

impl Content {
    /// `letter` to `address`.
    pub(super) fn new(address: &EmailAddress, letter: &Letter, thread: Option<String>) -> Self {
        Self {
            thread,
            address: address.as_str().to_owned(),
            subject: letter.subject().to_owned(),
            text: letter.text(),
            html: letter.html(),
        }
    }
}

impl Message {
    /// The message as it is sent by `from`.
    ///
    /// # Errors
    /// It holds something that no message can.
    pub(super) fn formatted(&self, from: &Mailbox) -> Result<lettre::Message, SendError> {
        let never = || SendError::Never("the message cannot be written".to_owned());
        // Parsed again: what the address may hold cannot end a line.
        let address = EmailAddress::parse(&self.content.address).map_err(|_| never())?;
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let domain = from.email.domain();
        // No mail has this name: whatever refers to it belongs together.
        let thread = self.content.thread.as_deref().filter(|name| is_a_name(name));
        let thread = thread.map(|name| format!("<{name}@{domain}>"));
        let builder = lettre::Message::builder();
        let builder = match &thread {
            Some(thread) => builder.in_reply_to(thread.clone()).references(thread.clone()),
            None => builder,
        };
        builder
            .from(from.clone())
            .to(Mailbox::new(None, address.as_str().parse().map_err(|_| never())?))
            .subject(self.content.subject.replace(char::is_control, " "))
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(
                self.content.text.clone(),
                self.content.html.clone(),
            ))
            .map_err(|_| never())
    }
}

/// Whether it can stand in a header as it is.
fn is_a_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(address: &str, subject: &str) -> Result<String, SendError> {
        in_thread(address, subject, None)
    }

    fn in_thread(address: &str, subject: &str, thread: Option<&str>) -> Result<String, SendError> {
        let content = Content {
            address: address.to_owned(),
            subject: subject.to_owned(),
            text: "größe\n.\nend\n".to_owned(),
            html: "<p>größe</p>".to_owned(),
            thread: thread.map(str::to_owned),
        };
        let from = "Desk <desk@example.org>".parse().expect("a mailbox");
        let message = Message { id: Uuid::nil(), content, of: vec![] }.formatted(&from)?;
        Ok(String::from_utf8(message.formatted()).expect("ASCII"))
    }

    /// The header lines, before the first empty one.
    fn headers(message: &str) -> Vec<&str> {
        message.split("\r\n").take_while(|line| !line.is_empty()).collect()
    }

    #[test]
    fn a_message_is_named_after_the_row_and_says_that_no_person_wrote_it() {
        let message = formatted("ada@example.com", "Grüße").expect("a message");
        let headers = headers(&message);
        for header in [
            "From: Desk <desk@example.org>",
            "To: ada@example.com",
            "Message-ID: <00000000-0000-0000-0000-000000000000@example.org>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.contains(&header), "{header} in {message}");
        }
        assert!(message.contains("text/plain") && message.contains("text/html"), "{message}");
    }

    #[test]
    fn mails_of_one_thread_refer_to_the_same_name() {
        let message = in_thread("ada@example.com", "x", Some("TKT-1-ABCDEF")).expect("a message");
        let headers = headers(&message);
        for header in ["In-Reply-To: <TKT-1-ABCDEF@example.org>", "References: <TKT-1-ABCDEF@example.org>"] {
            assert!(headers.contains(&header), "{header} in {message}");
        }
        let message = in_thread("ada@example.com", "x", Some("a>\r\nBcc: x@y.z")).expect("a message");
        assert!(!message.contains("Bcc") && !message.contains("References"), "{message}");
    }

    #[test]
    fn nothing_can_add_a_header() {
        let message = formatted("ada@example.com", "a\r\nBcc: x@y.z\r\n\r\nbody").expect("a message");
        let added = headers(&message).into_iter().find(|line| line.starts_with("Bcc"));
        assert_eq!(added, None, "{message}");
        for address in ["ada@example.com\r\nBcc: x@y.z", "ada@example.com, x@y.z", "<ada@example.com>", ""] {
            assert!(formatted(address, "x").is_err(), "{address:?}");
        }
    }
}
