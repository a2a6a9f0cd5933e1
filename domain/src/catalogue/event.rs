//! What can have happened to an entry.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evolution::STEPS;
use super::values::{Code, Details, EntryKind};
use crate::event::{Event, StoredEvent, StreamType, version_of};
use crate::evolution::Step;

/// What can have happened to an entry of a catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum EntryEvent {
    /// It was put into its catalogue.
    EntryAdded {
        /// Which catalogue.
        kind: EntryKind,
        /// Its code, for good.
        code: Code,
        /// What people call it.
        name: String,
        /// What else it says.
        details: Details,
    },
    /// It says something else; all is repeated as it is from now on.
    EntryChanged {
        /// What people call it.
        name: String,
        /// What else it says.
        details: Details,
    },
    /// It cannot be chosen any more; what refers to it stays.
    EntryDeactivated {},
    /// It can be chosen again.
    EntryActivated {},
    /// It was taken out of its catalogue: nothing referred to it. Its code is free again.
    EntryRemoved {},
}

impl From<EntryEvent> for Event {
    fn from(event: EntryEvent) -> Self {
        Self::Catalogue(event)
    }
}

impl StoredEvent for EntryEvent {
    const STREAM: StreamType = StreamType::Catalogue;
    const TYPES: &'static [(&'static str, i16)] = &[
        ("EntryAdded", 2),
        ("EntryChanged", 2),
        ("EntryDeactivated", 1),
        ("EntryActivated", 1),
        ("EntryRemoved", 1),
    ];

    const STEPS: &'static [Step] = STEPS;

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Catalogue(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for EntryEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
