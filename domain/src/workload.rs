//! What is assigned to an agent: the stream on which assignments to one agent come one after the other.
//!
//! It says nothing that the tickets do not say. A count of an agent's tickets is always a little old; this stream
//! tells what was assigned since, and an assignment that insists on its version is not decided beside another one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::id::{TicketId, UserId};

/// What can have happened to an agent's workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum WorkloadEvent {
    /// A ticket was assigned to the agent within what they have room for, in one append with `TicketAssigned`.
    WorkAssigned {
        /// The agent.
        agent: UserId,
        /// The ticket.
        ticket: TicketId,
    },
}

impl From<WorkloadEvent> for Event {
    fn from(event: WorkloadEvent) -> Self {
        Self::Workload(event)
    }
}

impl StoredEvent for WorkloadEvent {
    const STREAM: StreamType = StreamType::Workload;
    const TYPES: &'static [(&'static str, i16)] = &[("WorkAssigned", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Workload(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for WorkloadEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
