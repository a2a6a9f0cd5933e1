//! A reply that was suggested to an agent, and what they made of it. It is a text until a person sends it.

mod error;
mod event;
#[cfg(test)]
mod tests;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use self::error::SuggestionError;
pub use self::event::SuggestionEvent;
use self::values::{Outcome, QueryType, distance};
use crate::chat::values::Origin;
use crate::id::TicketId;
use crate::sealed::Sealed;
use crate::{Decide, Issued};

/// A suggested reply, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Suggestion {
    made: Option<(TicketId, Sealed)>,
    judged: Option<(Outcome, Option<f64>)>,
}

/// What can be asked of a suggested reply.
#[derive(Debug, Clone, PartialEq)]
pub enum SuggestionCommand {
    /// Make it.
    Suggest {
        /// On which ticket.
        ticket: TicketId,
        /// What it says.
        reply: Sealed,
        /// What kind of a problem the ticket is.
        query_type: QueryType,
        /// Where it comes from.
        origin: Origin,
    },
    /// Note what became of it; what was noted before counts no more.
    Judge {
        /// What.
        outcome: Outcome,
        /// What was sent, if something was.
        sent: Option<String>,
    },
}

impl Suggestion {
    /// How much was different about what was sent instead, if that is known.
    #[must_use]
    pub fn distance(&self) -> Option<f64> {
        self.judged.and_then(|(_, distance)| distance)
    }

    /// The ticket that it is on; none if it was never made.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        self.made.as_ref().map(|(ticket, _)| *ticket)
    }
}

impl Decide for Suggestion {
    fn decide(&self, issued: Issued<SuggestionCommand>) -> Result<Vec<SuggestionEvent>, SuggestionError> {
        if !issued.by.is_staff() {
            return Err(SuggestionError::Forbidden);
        }
        match (&self.made, issued.command) {
            (None, SuggestionCommand::Suggest { ticket, reply, query_type, origin }) => {
                Ok(vec![SuggestionEvent::ReplySuggested { ticket, reply, query_type, origin }])
            }
            (Some(_), SuggestionCommand::Suggest { .. }) => Err(SuggestionError::AlreadyExists),
            (None, SuggestionCommand::Judge { .. }) => Err(SuggestionError::NotFound),
            (Some((_, reply)), SuggestionCommand::Judge { outcome, sent }) => {
                let judged = match outcome {
                    Outcome::Sent | Outcome::Dismissed => (outcome, None),
                    Outcome::Edited => {
                        let sent = sent.ok_or(SuggestionError::NothingSent)?;
                        (outcome, reply.text().map(|reply| distance(reply, &sent)))
                    }
                };
                if self.judged == Some(judged) {
                    return Ok(vec![]);
                }
                let (outcome, distance) = judged;
                Ok(vec![SuggestionEvent::SuggestionJudged { outcome, distance }])
            }
        }
    }
}

impl Aggregate for Suggestion {
    const TYPE: &'static str = "suggestion";
    type Command = Issued<SuggestionCommand>;
    type Event = SuggestionEvent;
    type Error = SuggestionError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SuggestionError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SuggestionEvent) {
        match event {
            SuggestionEvent::ReplySuggested { ticket, reply, .. } => self.made = Some((ticket, reply)),
            SuggestionEvent::SuggestionJudged { outcome, distance } => {
                self.judged = Some((outcome, distance));
            }
        }
    }
}
