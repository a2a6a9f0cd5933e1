//! How events that earlier versions of the desk stored become what this version understands, and back again.
//!
//! A type's payload has the versions 1 to n without a gap, and between two neighbours lies one [`Step`], which
//! leads both ways. Steps work on the payload's fields as JSON: as stored, where a sealed text is ciphertext, or
//! as shown, where it is plain; so a step may move, add or drop a text but never look into one.

use serde_json::{Map, Value};

use crate::activity::ActivityEvent;
use crate::catalogue::EntryEvent;
use crate::chat::ChatEvent;
use crate::conversation::ConversationEvent;
use crate::event::{StoredEvent, StreamType};
use crate::knowledge::ArticleEvent;
use crate::knowledge::reception::ReceptionEvent;
use crate::misuse::MisuseEvent;
use crate::notification::NotificationEvent;
use crate::setting::SettingEvent;
use crate::suggestion::SuggestionEvent;
use crate::ticket::TicketEvent;
use crate::user::UserEvent;
use crate::webhook::WebhookEvent;
use crate::workload::WorkloadEvent;

/// The fields of an event.
pub type Fields = Map<String, Value>;

/// The way between two neighbouring versions of a type's payload.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The type.
    pub event_type: &'static str,
    /// The older version; the newer one is the next.
    pub from: i16,
    /// Makes the older payload the newer one. What the older does not say becomes what is true when nothing is
    /// known, never a guess.
    pub up: fn(&mut Fields),
    /// Makes the newer payload the older one, for consumers that know no better; undoes `up`.
    pub down: fn(&mut Fields),
}

/// The types of one aggregate and the steps between their versions.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The aggregate's kind of stream.
    pub stream: StreamType,
    /// The types with the newest version of each payload.
    pub types: &'static [(&'static str, i16)],
    /// The steps that lead there.
    pub steps: &'static [Step],
}

impl Family {
    const fn of<E: StoredEvent>() -> Self {
        Self { stream: E::STREAM, types: E::TYPES, steps: E::STEPS }
    }
}

/// Every type of every aggregate, and how its versions follow from each other.
#[derive(Debug, Clone, Copy)]
pub struct Registry {
    families: &'static [Family],
}

/// The registry of this version of the desk.
pub static REGISTRY: Registry = Registry::new(&[
    Family::of::<TicketEvent>(),
    Family::of::<ConversationEvent>(),
    Family::of::<UserEvent>(),
    Family::of::<SettingEvent>(),
    Family::of::<ActivityEvent>(),
    Family::of::<EntryEvent>(),
    Family::of::<WorkloadEvent>(),
    Family::of::<WebhookEvent>(),
    Family::of::<NotificationEvent>(),
    Family::of::<ArticleEvent>(),
    Family::of::<ReceptionEvent>(),
    Family::of::<ChatEvent>(),
    Family::of::<SuggestionEvent>(),
    Family::of::<MisuseEvent>(),
]);

/// Why a registry cannot be worked with: events in the log would be unreadable, or read in two ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRegistry {
    /// Two types have one name.
    #[error("there are two event types {0}")]
    TwoTypes(String),
    /// A type's newest version is less than 1.
    #[error("the newest version of {0} is {1}, but versions start at 1")]
    NoVersion(String, i16),
    /// A version cannot be reached from the one before it.
    #[error("no step leads from version {1} of {0} to the next, so that events stored as it cannot be read")]
    Gap(String, i16),
    /// Two steps begin at one version.
    #[error("two steps lead on from version {1} of {0}")]
    TwoSteps(String, i16),
    /// A step belongs to no type.
    #[error("a step leads on from version {1} of {0}, which is no event type of its aggregate")]
    UnknownType(String, i16),
    /// A step leads to a version that is not there.
    #[error("a step leads on from version {1} of {0}, whose versions are 1 to {2}")]
    BeyondTheEnd(String, i16, i16),
}

/// Why a payload cannot be had in another version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotCast {
    /// This version of the desk knows no such type.
    #[error("there is no event type {0}")]
    UnknownType(String),
    /// The type has no such version.
    #[error("{0} has no version {1}: its versions are 1 to {2}")]
    UnknownVersion(String, i16, i16),
    /// The payload is no JSON object.
    #[error("the fields of {0} are not a JSON object")]
    NoFields(String),
}

impl Registry {
    /// The registry of `families`.
    #[must_use]
    pub const fn new(families: &'static [Family]) -> Self {
        Self { families }
    }

    /// Every type with its kind of stream and the newest version of its payload.
    pub fn types(&self) -> impl Iterator<Item = (StreamType, &'static str, i16)> {
        self.families
            .iter()
            .flat_map(|family| family.types.iter().map(|(name, newest)| (family.stream, *name, *newest)))
    }

    /// The newest version of `event_type`; none if there is no such type.
    #[must_use]
    pub fn newest(&self, event_type: &str) -> Option<i16> {
        self.types().find(|(_, name, _)| *name == event_type).map(|(_, _, newest)| newest)
    }

    /// Whether every version of every type can become the newest, and be had from it, in exactly one way.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self) -> Result<(), BrokenRegistry> {
        for (number, (_, name, newest)) in self.types().enumerate() {
            if self.types().take(number).any(|(_, earlier, _)| earlier == name) {
                return Err(BrokenRegistry::TwoTypes(name.to_owned()));
            }
            if newest < 1 {
                return Err(BrokenRegistry::NoVersion(name.to_owned(), newest));
            }
        }
        self.families.iter().try_for_each(check_steps)
    }

    /// The fields of an event, given as `version` of `event_type`, as they are in the version `wanted`: an
    /// older one for a consumer that knows no newer.
    ///
    /// # Errors
    /// There is no such type or version, or `payload` is no JSON object.
    pub fn at_version(
        &self,
        event_type: &str,
        version: i16,
        payload: &Value,
        wanted: i16,
    ) -> Result<Value, CannotCast> {
        let unknown = || CannotCast::UnknownType(event_type.to_owned());
        let newest = self.newest(event_type).ok_or_else(unknown)?;
        if let Some(wrong) = [version, wanted].into_iter().find(|version| !(1..=newest).contains(version)) {
            return Err(CannotCast::UnknownVersion(event_type.to_owned(), wrong, newest));
        }
        let Value::Object(mut fields) = payload.clone() else {
            return Err(CannotCast::NoFields(event_type.to_owned()));
        };
        let step = |from| self.families.iter().find_map(|family| step(family.steps, event_type, from));
        for from in version..wanted {
            (step(from).ok_or_else(unknown)?.up)(&mut fields);
        }
        for from in (wanted..version).rev() {
            (step(from).ok_or_else(unknown)?.down)(&mut fields);
        }
        Ok(Value::Object(fields))
    }
}

/// The step that leads on from the version `from` of `event_type`.
pub(crate) fn step<'s>(steps: &'s [Step], event_type: &str, from: i16) -> Option<&'s Step> {
    steps.iter().find(|step| step.event_type == event_type && step.from == from)
}

fn check_steps(family: &Family) -> Result<(), BrokenRegistry> {
    let Family { types, steps, .. } = family;
    for Step { event_type, from, .. } in *steps {
        let name = || (*event_type).to_owned();
        let Some((_, newest)) = types.iter().find(|(name, _)| name == event_type) else {
            return Err(BrokenRegistry::UnknownType(name(), *from));
        };
        if !(1..*newest).contains(from) {
            return Err(BrokenRegistry::BeyondTheEnd(name(), *from, *newest));
        }
        let same = steps.iter().filter(|step| step.event_type == *event_type && step.from == *from);
        if same.count() > 1 {
            return Err(BrokenRegistry::TwoSteps(name(), *from));
        }
    }
    for (name, newest) in *types {
        if let Some(from) = (1..*newest).find(|from| step(steps, name, *from).is_none()) {
            return Err(BrokenRegistry::Gap((*name).to_owned(), from));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
