//! Why a conversation refuses a command.

use serde_json::{Value, json};

use super::moving::MOST_RETURNED;
use crate::refusal::{Refusal, RefusalKind, wrong_field};

/// Why a conversation refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// The message was never posted, or the caller may not read it.
    #[error("there is no such message")]
    NotFound,
    /// The caller may not do this; the words say who may.
    #[error("only {0} may do this")]
    Forbidden(&'static str),
    /// Its content has no key of its own that could be destroyed.
    #[error("the message was posted by a version that could not redact; erasing the requester removes it")]
    NotRedactable,
    /// It was redacted since it was read.
    #[error("the message was redacted by somebody else meanwhile")]
    RedactedMeanwhile,
    /// It goes on on another ticket.
    #[error("the message was moved to another ticket")]
    MovedAway,
    /// A message that is to move was never posted here.
    #[error("message_ids: must be messages of this ticket")]
    NoSuchMessage,
    /// More messages than can go to another ticket at once.
    #[error("{0} messages would move, and at most {MOST_RETURNED} can at once")]
    TooManyToMove(usize),
    /// A part that is not in the text.
    #[error("spans: must lie within the message's {0} characters, each with its start before its end")]
    NoSuchSpan(usize),
    /// The file was never uploaded by the caller, is gone, or was for another ticket.
    #[error(
        "attachment_ids: must be files that the sender uploaded for this ticket, or for none, within a day"
    )]
    NoSuchAttachment,
    /// The file goes with another message.
    #[error("attachment_ids: must not be files that go with another message already")]
    UsedAlready,
    /// Whoever sees the file on the ticket is not who may read the message.
    #[error("attachment_ids: a file on the ticket must be as internal as the message it is put with")]
    OtherReaders,
    /// The file was never on the ticket, was removed, or is not the caller's to see.
    #[error("there is no such attachment")]
    AttachmentNotFound,
    /// Another message has this id.
    #[error("another message has this id already")]
    AlreadyExists,
}

impl Refusal for ConversationError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::AttachmentNotFound => RefusalKind::NotFound,
            Self::Forbidden(_) => RefusalKind::Forbidden,
            Self::AlreadyExists
            | Self::NotRedactable
            | Self::RedactedMeanwhile
            | Self::MovedAway
            | Self::TooManyToMove(_) => RefusalKind::Conflict,
            Self::NoSuchSpan(_)
            | Self::NoSuchMessage
            | Self::NoSuchAttachment
            | Self::UsedAlready
            | Self::OtherReaders => RefusalKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound | Self::AttachmentNotFound => "NOT_FOUND",
            Self::Forbidden(_) => "AUTHZ_FORBIDDEN",
            Self::AlreadyExists => "DUPLICATE",
            Self::MovedAway => "MESSAGE_MOVED",
            Self::TooManyToMove(_) => "TOO_MANY_MESSAGES",
            Self::NotRedactable | Self::RedactedMeanwhile => "CONFLICT",
            Self::NoSuchSpan(_)
            | Self::NoSuchMessage
            | Self::NoSuchAttachment
            | Self::UsedAlready
            | Self::OtherReaders => "VALIDATION_ERROR",
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::NoSuchSpan(_)
            | Self::NoSuchMessage
            | Self::NoSuchAttachment
            | Self::UsedAlready
            | Self::OtherReaders => wrong_field("invalid", &self.to_string()),
            Self::TooManyToMove(messages) => Some(json!({ "messages": messages, "most": MOST_RETURNED })),
            _ => None,
        }
    }
}
