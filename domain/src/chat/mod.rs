//! A chat: somebody asks, the desk answers from its articles, and in the end a person may take over.
//!
//! What a message wants is read by [`intent`]; the answer itself is made outside and only recorded here.

mod error;
mod event;
pub mod intent;
#[cfg(test)]
mod tests;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use self::error::ChatError;
pub use self::event::ChatEvent;
use self::values::{MOST_TURNS, Origin, ReplyKind};
use crate::id::{TicketId, UserId};
use crate::knowledge::reception::UsedBy;
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A chat, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chat {
    /// Whose it is, once something was asked; none is somebody who is not signed in.
    owner: Option<UserId>,
    turns: u32,
    has_problem: bool,
    asked_for_problem: bool,
    ticket: Option<TicketId>,
}

/// What can be asked of a chat.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatCommand {
    /// Note a question and its answer.
    Answer(Turn),
    /// Note that it became a ticket.
    File {
        /// Which.
        ticket: TicketId,
    },
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Where it was asked.
    pub at: UsedBy,
    /// What was asked. Parsed.
    pub question: Sealed,
    /// What kind of an answer it is.
    pub kind: ReplyKind,
    /// The answer.
    pub answer: Sealed,
    /// Where it comes from.
    pub origin: Origin,
}

impl Chat {
    /// Refuses whoever it is not there for: it is its owner's alone, and without an owner of whoever is not signed in and knows its
    /// id.
    ///
    /// # Errors
    /// It is somebody else's, or nobody asked anything in it and `is_new` is false.
    pub fn admit(&self, user: Option<UserId>, is_new: bool) -> Result<(), ChatError> {
        let has_begun = self.turns > 0;
        if (has_begun && self.owner == user) || (!has_begun && is_new) {
            Ok(())
        } else {
            Err(ChatError::NotFound)
        }
    }

    /// Whether somebody said in it what their problem is.
    #[must_use]
    pub fn has_problem(&self) -> bool {
        self.has_problem
    }

    /// Whether they want a person, and were asked what it is about: what they say next is it.
    #[must_use]
    pub fn asked_for_problem(&self) -> bool {
        self.asked_for_problem
    }

    /// The ticket that it became.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        self.ticket
    }
}

impl Decide for Chat {
    fn decide(&self, issued: Issued<ChatCommand>) -> Result<Vec<ChatEvent>, ChatError> {
        let user = issued.by.person();
        match issued.command {
            ChatCommand::Answer(Turn { at, question, kind, answer, origin }) => {
                self.admit(user, true)?;
                if self.turns >= MOST_TURNS {
                    return Err(ChatError::Full);
                }
                Ok(vec![ChatEvent::QuestionAnswered { user, at, question, kind, answer, origin }])
            }
            ChatCommand::File { ticket } => {
                self.admit(user, false)?;
                match self.ticket {
                    Some(filed) if filed == ticket => Ok(vec![]),
                    Some(filed) => Err(ChatError::Filed(filed)),
                    None => Ok(vec![ChatEvent::ChatFiled { ticket }]),
                }
            }
        }
    }
}

impl Aggregate for Chat {
    const TYPE: &'static str = "chat";
    type Command = Issued<ChatCommand>;
    type Event = ChatEvent;
    type Error = ChatError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ChatError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::QuestionAnswered { user, kind, .. } => {
                self.owner = user;
                self.turns += 1;
                self.has_problem |=
                    matches!(kind, ReplyKind::Answer | ReplyKind::NoAnswer | ReplyKind::HandedOver);
                self.asked_for_problem = kind == ReplyKind::AskedForProblem;
            }
            ChatEvent::ChatFiled { ticket } => self.ticket = Some(ticket),
        }
    }
}
