//! An entry of a catalogue: a department, building, category, team, organization or tag.

mod command;
mod error;
mod event;
mod evolution;
#[cfg(test)]
mod tests;
pub mod values;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

pub use command::EntryCommand;
pub use error::EntryError;
pub use event::EntryEvent;
use values::{Code, DetailChanges, Details, EntryKind, MOST_LISTED};

use crate::change::Change;
use crate::id::EntryId;
use crate::{Decide, Issued};

/// An entry, as far as its decisions need to remember it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Entry {
    listed: Option<Listed>,
    is_removed: bool,
}

/// An entry that is in its catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which catalogue.
    pub kind: EntryKind,
    /// Its code.
    pub code: Code,
    /// What people call it.
    pub name: String,
    /// Whether it can be chosen.
    pub is_active: bool,
    /// What else it says.
    pub details: Details,
}

type Decision = Result<Vec<EntryEvent>, EntryError>;

impl Entry {
    /// What it says; none if it was never added, or removed.
    #[must_use]
    pub fn listed(&self) -> Option<&Listed> {
        self.listed.as_ref()
    }
}

fn add(id: EntryId, kind: EntryKind, code: Code, name: String, changes: DetailChanges) -> Decision {
    check(id, kind, &changes)?;
    let of_kind = Details { takes_tickets: kind == EntryKind::Department, ..Details::default() };
    let details = changes.on(&of_kind);
    Ok(vec![EntryEvent::EntryAdded { kind, code, name, details }])
}

/// Refuses what entries of `kind` do not have, and what nobody can mean.
fn check(id: EntryId, kind: EntryKind, changes: &DetailChanges) -> Result<(), EntryError> {
    if let Some(field) = changes.given().find(|field| !kind.fields().contains(field)) {
        return Err(EntryError::NotOfThisKind { field, kind });
    }
    let too_many = |length: Option<usize>| length.is_some_and(|length| length > MOST_LISTED);
    if too_many(changes.member_ids.as_ref().map(Vec::len)) {
        return Err(EntryError::TooMany("member_ids"));
    }
    if too_many(changes.domains.as_ref().map(Vec::len)) {
        return Err(EntryError::TooMany("domains"));
    }
    if too_many(changes.shared_departments.as_ref().map(Vec::len)) {
        return Err(EntryError::TooMany("shared_departments"));
    }
    match &changes.parent {
        Change::Set(parent) if !parent.can_hold(id) => Err(EntryError::NoSuchParent),
        _ => Ok(()),
    }
}

impl Listed {
    fn change(
        &self,
        id: EntryId,
        name: Option<String>,
        is_active: Option<bool>,
        changes: DetailChanges,
    ) -> Decision {
        check(id, self.kind, &changes)?;
        let name = name.unwrap_or_else(|| self.name.clone());
        let details = changes.on(&self.details);
        let mut events = Vec::new();
        if name != self.name || details != self.details {
            events.push(EntryEvent::EntryChanged { name, details });
        }
        match is_active {
            Some(true) if !self.is_active => events.push(EntryEvent::EntryActivated {}),
            Some(false) if self.is_active => events.push(EntryEvent::EntryDeactivated {}),
            _ => {}
        }
        Ok(events)
    }
}

impl Decide for Entry {
    fn decide(&self, issued: Issued<EntryCommand>) -> Decision {
        let Issued { by, command, .. } = issued;
        if !by.is_admin() {
            return Err(EntryError::Forbidden);
        }
        match (&self.listed, command) {
            (None, EntryCommand::Add { id, kind, code, name, details }) if !self.is_removed => {
                add(id, kind, code, name, details)
            }
            (None, EntryCommand::Remove { .. }) if self.is_removed => Ok(vec![]),
            (_, EntryCommand::Add { .. }) => Err(EntryError::AlreadyExists),
            (None, _) => Err(EntryError::NotFound),
            (Some(listed), EntryCommand::Change { id, name, is_active, details }) => {
                listed.change(id, name, is_active, details)
            }
            (Some(_), EntryCommand::Remove { referred_to_by }) if referred_to_by.is_empty() => {
                Ok(vec![EntryEvent::EntryRemoved {}])
            }
            (Some(_), EntryCommand::Remove { referred_to_by }) => Err(EntryError::Referenced(referred_to_by)),
        }
    }
}

impl Aggregate for Entry {
    const TYPE: &'static str = "catalogue";
    type Command = Issued<EntryCommand>;
    type Event = EntryEvent;
    type Error = EntryError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), EntryError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: EntryEvent) {
        match (&mut self.listed, event) {
            (listed, EntryEvent::EntryAdded { kind, code, name, details }) => {
                *listed = Some(Listed { kind, code, name, is_active: true, details });
            }
            (Some(listed), EntryEvent::EntryChanged { name, details }) => {
                listed.name = name;
                listed.details = details;
            }
            (Some(listed), EntryEvent::EntryDeactivated {}) => listed.is_active = false,
            (Some(listed), EntryEvent::EntryActivated {}) => listed.is_active = true,
            (listed, EntryEvent::EntryRemoved {}) => {
                *listed = None;
                self.is_removed = true;
            }
            (None, _) => {}
        }
    }
}
