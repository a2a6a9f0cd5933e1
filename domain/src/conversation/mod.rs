//! The conversation: the messages on a ticket, and what people thought of them.

pub mod attachments;
mod command;
mod error;
mod event;
mod evolution;
pub mod mentions;
pub mod moving;
pub mod redaction;
#[cfg(test)]
mod tests;
pub mod values;

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use attachments::{Attached, Place};
pub use command::ConversationCommand;
pub use error::ConversationError;
pub use event::ConversationEvent;
use values::{Feedback, MessageType, SenderRole};

use crate::access::{Caller, Role};
use crate::id::{AttachmentId, MessageId, UserId};
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A conversation, as far as its decisions need to remember it. It needs no beginning: every ticket has one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Conversation {
    messages: BTreeMap<MessageId, Message>,
    attachments: BTreeMap<AttachmentId, Attached>,
}

/// What a conversation remembers of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    sender: Option<UserId>,
    is_internal: bool,
    client_msg_id: Option<String>,
    /// The own key of its content; none for what was posted before contents had one.
    key: Option<Uuid>,
    /// Whether nothing is left of its content.
    is_gone: bool,
    /// Whether it went on in another conversation.
    is_moved: bool,
    feedback: BTreeMap<UserId, Feedback>,
}

impl Message {
    /// Who wrote it; none for the desk itself.
    #[must_use]
    pub fn sender(&self) -> Option<UserId> {
        self.sender
    }

    /// Whether only staff may read it.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.is_internal
    }
}

type Decision = Result<Vec<ConversationEvent>, ConversationError>;

impl Conversation {
    /// The message of this id.
    #[must_use]
    pub fn message(&self, id: &MessageId) -> Option<&Message> {
        self.messages.get(id)
    }

    /// The message that `sender` posted under their own id `client_msg_id`.
    #[must_use]
    pub fn posted_with(&self, sender: Option<UserId>, client_msg_id: &str) -> Option<MessageId> {
        let posted = |message: &Message| {
            message.sender == sender && message.client_msg_id.as_deref() == Some(client_msg_id)
        };
        self.messages.iter().find(|(_, message)| posted(message)).map(|(id, _)| *id)
    }

    /// Whether this sending repeats an earlier one: by the sender's own id for it, or by the message's.
    fn is_repeated(
        &self,
        sender: Option<UserId>,
        message_id: MessageId,
        client_msg_id: Option<&str>,
    ) -> Result<bool, ConversationError> {
        if client_msg_id.is_some_and(|id| self.posted_with(sender, id).is_some()) {
            return Ok(true);
        }
        match self.message(&message_id) {
            Some(message)
                if message.sender != sender || message.client_msg_id.as_deref() != client_msg_id =>
            {
                Err(ConversationError::AlreadyExists)
            }
            message => Ok(message.is_some()),
        }
    }

    fn set_feedback(&self, by: &Caller, message_id: MessageId, feedback: Feedback) -> Decision {
        let message = self
            .message(&message_id)
            .filter(|message| !message.is_internal || by.is_staff())
            .ok_or(ConversationError::NotFound)?;
        if message.is_moved {
            return Err(ConversationError::MovedAway);
        }
        let by = by.person().ok_or(ConversationError::Forbidden("people"))?;
        if message.feedback.get(&by).copied().unwrap_or_default() == feedback {
            return Ok(vec![]);
        }
        Ok(vec![ConversationEvent::MessageFeedbackSet { message_id, by, feedback }])
    }
}

/// As what the caller writes on the requester's ticket: on their own, staff are requesters too.
fn written_as(by: &Caller, requester: UserId) -> (SenderRole, MessageType) {
    match by {
        Caller::System(_) => (SenderRole::System, MessageType::SystemMessage),
        Caller::Person { id, .. } if *id == requester => (SenderRole::User, MessageType::UserMessage),
        Caller::Person { role, .. } => match role {
            Role::User => (SenderRole::User, MessageType::UserMessage),
            Role::Admin => (SenderRole::Admin, MessageType::AgentMessage),
            Role::ItAgent | Role::HrAgent | Role::Agent => (SenderRole::Agent, MessageType::AgentMessage),
        },
    }
}

impl Decide for Conversation {
    fn decide(&self, issued: Issued<ConversationCommand>) -> Decision {
        use ConversationCommand as C;
        let Issued { by, at, command, .. } = issued;
        match command {
            C::SetFeedback { message_id, feedback } => self.set_feedback(&by, message_id, feedback),
            C::Redact { message_id, requester, seen, left, reason } => {
                self.redact(&by, message_id, requester, seen, left, reason)
            }
            C::MoveOut { to, messages } => self.move_out(&by, to, &messages),
            C::MoveIn { from, messages } => self.move_in(&by, from, messages),
            C::Attach { requester, files, is_internal } => {
                self.attach(&by, at, Place { requester, message: None, is_internal }, files)
            }
            C::RemoveAttachment { attachment_id } => self.remove_attachment(&by, at, attachment_id),
            C::Post { is_internal, is_ai, .. } if (is_internal || is_ai) && !by.is_staff() => {
                Err(ConversationError::Forbidden("staff"))
            }
            C::Post {
                message_id,
                requester,
                content,
                is_internal,
                is_ai,
                client_msg_id,
                mentions,
                attachments,
            } => {
                let sender = by.person();
                if self.is_repeated(sender, message_id, client_msg_id.as_deref())? {
                    return Ok(vec![]);
                }
                let (sender_role, message_type) = written_as(&by, requester);
                let place = Place { requester, message: Some(message_id), is_internal };
                let attached = self.attach(&by, at, place, attachments)?;
                let posted = ConversationEvent::MessagePosted {
                    message_id,
                    sender,
                    sender_role,
                    message_type,
                    content: Sealed::with_own_key(requester, message_id.0, content),
                    is_internal,
                    is_ai,
                    client_msg_id,
                    mentions,
                };
                Ok([vec![posted], attached].concat())
            }
        }
    }
}

impl Aggregate for Conversation {
    const TYPE: &'static str = "conversation";
    type Command = Issued<ConversationCommand>;
    type Event = ConversationEvent;
    type Error = ConversationError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ConversationError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ConversationEvent) {
        match event {
            ConversationEvent::MessagePosted {
                message_id,
                sender,
                content,
                is_internal,
                client_msg_id,
                ..
            } => {
                let (key, feedback) = (content.own_key(), BTreeMap::new());
                let (is_gone, is_moved) = (false, false);
                let message =
                    Message { sender, is_internal, client_msg_id, key, is_gone, is_moved, feedback };
                self.messages.insert(message_id, message);
            }
            ConversationEvent::MessageMovedIn { message_id, sender, content, is_internal, .. } => {
                self.moved_in(message_id, sender, content, is_internal);
            }
            ConversationEvent::MessageMovedOut { message_id, .. } => {
                if let Some(message) = self.messages.get_mut(&message_id) {
                    message.is_moved = true;
                }
            }
            ConversationEvent::MessageRedacted { message_id, left, .. } => {
                if let Some(message) = self.messages.get_mut(&message_id) {
                    message.is_gone = left.is_none();
                    message.key = left.and_then(|left| left.own_key());
                }
            }
            ConversationEvent::MessageFeedbackSet { message_id, by, feedback } => {
                if let Some(message) = self.messages.get_mut(&message_id) {
                    message.feedback.insert(by, feedback);
                }
            }
            ConversationEvent::AttachmentAdded {
                attachment_id,
                message_id,
                uploader,
                is_internal,
                at,
                ..
            } => self.added(attachment_id, uploader, message_id, (is_internal, at)),
            ConversationEvent::AttachmentRemoved { attachment_id, .. } => {
                self.attachments.remove(&attachment_id);
            }
        }
    }
}
