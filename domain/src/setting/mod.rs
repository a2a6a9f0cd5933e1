//! The settings of the desk: what administrators decide while it runs.

mod command;
mod error;
mod event;
mod flag;
mod registry;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::TimeDelta;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use command::SettingCommand;
pub use error::SettingError;
pub use event::SettingEvent;
pub use flag::Flag;
pub use registry::{KbPublic, OpenChildren, Registration, SelfServePublic, Setting};
pub use value::{Allowed, NotAllowed, SettingValue};

use crate::access::{AgentVisibility, Role};
use crate::notification::values::Channel;
use crate::{Decide, Issued};

/// The one stream that holds all changes of settings and feature flags.
pub const STREAM: Uuid = Uuid::from_u128(0x5e77_1965_0000_7000_8000_0000_0000_0000);

/// The settings and feature flags as they are: what was ever changed, and the defaults of the rest.
///
/// What a later version of the program changed is kept under its name and means nothing to this one; a stored value
/// that is not allowed any more counts as the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    values: BTreeMap<String, SettingValue>,
    flags: BTreeMap<String, bool>,
}

/// What rules depend on and administrators set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long after the resolution a requester may reopen.
    pub reopen_window: TimeDelta,
    /// Whether staff may resolve what has parts that are still worked on.
    pub open_children: OpenChildren,
}

impl Default for Terms {
    fn default() -> Self {
        Settings::default().terms()
    }
}

impl Settings {
    /// What `setting` is.
    #[must_use]
    pub fn value(&self, setting: Setting) -> SettingValue {
        let stored = self.values.get(setting.name());
        stored.and_then(|value| setting.check(value.clone()).ok()).unwrap_or_else(|| setting.default())
    }

    /// Whether the feature is switched on.
    #[must_use]
    pub fn is_on(&self, flag: Flag) -> bool {
        self.flags.get(flag.name()).copied().unwrap_or_else(|| flag.default())
    }

    /// How people get accounts by themselves.
    #[must_use]
    pub fn registration(&self) -> Registration {
        self.word(Setting::Registration)
    }

    /// Which tickets agents see.
    #[must_use]
    pub fn agent_visibility(&self) -> AgentVisibility {
        self.word(Setting::AgentVisibility)
    }

    /// The roles that need a second factor.
    #[must_use]
    pub fn two_factor_required_for(&self) -> Vec<Role> {
        self.words(Setting::TwoFactorRequiredFor)
    }

    /// How many days after the resolution a requester may reopen a ticket.
    #[must_use]
    pub fn reopen_window_days(&self) -> i64 {
        self.number(Setting::ReopenWindowDays)
    }

    /// The channels by which people may be told of what happens.
    #[must_use]
    pub fn notification_channels(&self) -> Vec<Channel> {
        self.words(Setting::NotificationChannels)
    }

    /// Whether the knowledge base is read without signing in.
    #[must_use]
    pub fn kb_is_public(&self) -> bool {
        self.word::<KbPublic>(Setting::KbPublic) == KbPublic::On
    }

    /// The version of the model that routes tickets; 0 is the one that is shipped.
    #[must_use]
    pub fn routing_model(&self) -> i32 {
        i32::try_from(self.number(Setting::RoutingModel)).unwrap_or_default()
    }

    /// Whether questions are answered without signing in.
    #[must_use]
    pub fn self_serve_is_public(&self) -> bool {
        self.word::<SelfServePublic>(Setting::SelfServePublic) == SelfServePublic::On
    }

    /// What rules depend on.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            reopen_window: TimeDelta::days(self.reopen_window_days()),
            open_children: self.word(Setting::OpenChildren),
        }
    }

    fn word<T: FromStr + Default>(&self, setting: Setting) -> T {
        match self.value(setting) {
            SettingValue::Word(word) => word.parse().unwrap_or_default(),
            SettingValue::Number(_) | SettingValue::Words(_) => T::default(),
        }
    }

    fn words<T: FromStr>(&self, setting: Setting) -> Vec<T> {
        match self.value(setting) {
            SettingValue::Words(words) => words.iter().filter_map(|word| word.parse().ok()).collect(),
            SettingValue::Number(_) | SettingValue::Word(_) => vec![],
        }
    }

    fn number(&self, setting: Setting) -> i64 {
        match self.value(setting) {
            SettingValue::Number(number) => number,
            SettingValue::Word(_) | SettingValue::Words(_) => 0,
        }
    }

    fn change(&self, wanted: Vec<(Setting, SettingValue)>) -> Vec<SettingEvent> {
        let changed = wanted.into_iter().filter_map(|(setting, to)| {
            let from = self.value(setting);
            (from != to).then(|| SettingEvent::SettingChanged { name: setting.name().to_owned(), from, to })
        });
        changed.collect()
    }

    fn switch(&self, wanted: Vec<(Flag, bool)>) -> Vec<SettingEvent> {
        let changed = wanted.into_iter().filter(|(flag, on)| self.is_on(*flag) != *on);
        changed
            .map(|(flag, on)| SettingEvent::FeatureFlagChanged { name: flag.name().to_owned(), on })
            .collect()
    }
}

type Decision = Result<Vec<SettingEvent>, SettingError>;

impl Decide for Settings {
    fn decide(&self, issued: Issued<SettingCommand>) -> Decision {
        let Issued { by, command, .. } = issued;
        if !by.is_admin() {
            return Err(SettingError::Forbidden);
        }
        Ok(match command {
            SettingCommand::Change(wanted) => self.change(wanted),
            SettingCommand::Switch(wanted) => self.switch(wanted),
        })
    }
}

impl Aggregate for Settings {
    const TYPE: &'static str = "setting";
    type Command = Issued<SettingCommand>;
    type Event = SettingEvent;
    type Error = SettingError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SettingError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SettingEvent) {
        match event {
            SettingEvent::SettingChanged { name, to, .. } => {
                self.values.insert(name, to);
            }
            SettingEvent::FeatureFlagChanged { name, on } => {
                self.flags.insert(name, on);
            }
        }
    }
}
