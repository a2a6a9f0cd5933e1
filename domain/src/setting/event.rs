//! What can have happened to the settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SettingValue;
use crate::event::{Event, StoredEvent, StreamType, version_of};

/// What can have happened to the settings. Names are plain text, so that a new setting is no new version of the
/// event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
pub enum SettingEvent {
    /// An administrator decided something.
    SettingChanged {
        /// The setting, such as `agent_visibility`.
        name: String,
        /// What it was, whether by decision or by default.
        from: SettingValue,
        /// What it is from now on.
        to: SettingValue,
    },
    /// An administrator switched a feature on or off.
    FeatureFlagChanged {
        /// The feature, such as `api_docs`.
        name: String,
        /// Whether it is on from now on.
        on: bool,
    },
}

impl From<SettingEvent> for Event {
    fn from(event: SettingEvent) -> Self {
        Self::Setting(event)
    }
}

impl StoredEvent for SettingEvent {
    const STREAM: StreamType = StreamType::Setting;
    const TYPES: &'static [(&'static str, i16)] = &[("SettingChanged", 1), ("FeatureFlagChanged", 1)];

    fn from_event(event: &Event) -> Option<&Self> {
        match event {
            Event::Setting(event) => Some(event),
            _ => None,
        }
    }
}

impl cqrs_es::DomainEvent for SettingEvent {
    fn event_type(&self) -> String {
        <&str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        version_of::<Self>(self.into()).unwrap_or(1).to_string()
    }
}
