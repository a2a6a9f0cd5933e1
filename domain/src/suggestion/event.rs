//! What can have happened to a suggested reply.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::values::{Outcome, QueryType};
use crate::chat::values::Origin;
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::TicketId;
use crate::sealed::Sealed;

/// What can have happened to a suggested reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum SuggestionEvent {
    /// It was made for an agent.
    ReplySuggested {
        /// On which ticket.
        ticket: TicketId,
        /// What it says.
        reply: Sealed,
        /// What kind of a problem the ticket is.
        query_type: QueryType,
        /// Where it comes from.
        origin: Origin,
    },
    /// Somebody made something of it.
    SuggestionJudged {
        /// What.
        outcome: Outcome,
        /// For an edited one: how much is different about what was sent, from 0 (nothing) to 1 (everything).
        #[schema(minimum = 0.0, maximum = 1.0)]
        distance: Option<f64>,
    },
}

impl From<SuggestionEvent> for Event {
    fn from(event: SuggestionEvent) -> Self {
        Self::Suggestion(event)
    }
}

impl StoredEvent for SuggestionEvent {
    const STREAM: StreamType = StreamType::Suggestion;
    const TYPES: &'static [(&'static str, i16)] = &[("ReplySuggested", 1), ("SuggestionJudged", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Suggestion(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for SuggestionEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
