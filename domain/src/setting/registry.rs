//! What can be set: each setting's name, default, allowed values and meaning.

use serde_json::Value;
use strum::{IntoEnumIterator as _, VariantNames as _};

use super::{Allowed, NotAllowed, SettingValue};
use crate::access::{AgentVisibility, Role};
use crate::notification::values::Channel;

/// Something that can be set. To add one: a variant and what is said of it here, and a getter of
/// [`Settings`](super::Settings) for whoever goes by it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum Setting {
    /// How people get accounts by themselves.
    Registration,
    /// Which tickets agents see.
    AgentVisibility,
    /// The roles that need a second factor.
    TwoFactorRequiredFor,
    /// How long a requester may reopen.
    ReopenWindowDays,
    /// Whether staff may resolve what has parts that are still worked on.
    OpenChildren,
    /// The channels by which people may be told of what happens.
    NotificationChannels,
    /// Whether the knowledge base is read without signing in.
    KbPublic,
    /// Whether questions are answered without signing in.
    SelfServePublic,
    /// Which model routes tickets.
    RoutingModel,
}

/// Whether questions are answered from what is published for all, and chats begun, without signing in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum SelfServePublic {
    /// For those who are signed in.
    #[default]
    Off,
    /// For everybody.
    On,
}

/// Whether what is published for all in the knowledge base is read without signing in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum KbPublic {
    /// By those who are signed in.
    #[default]
    Off,
    /// By everybody.
    On,
}

/// Whether staff may resolve a ticket with parts that are still worked on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum OpenChildren {
    /// They may.
    #[default]
    Allow,
    /// They may not.
    Refuse,
}

/// How people get accounts by themselves.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Registration {
    /// Not at all: an administrator gives them one.
    Closed,
    /// Whoever proves by a code that an address is theirs.
    #[default]
    Otp,
    /// Everybody.
    Open,
}

impl Setting {
    /// Every setting.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Its name, such as `agent_visibility`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What may be set.
    #[must_use]
    pub fn allowed(self) -> Allowed {
        match self {
            Self::Registration => Allowed::OneOf(Registration::VARIANTS),
            Self::AgentVisibility => Allowed::OneOf(AgentVisibility::VARIANTS),
            Self::TwoFactorRequiredFor => Allowed::AnyOf(Role::VARIANTS),
            Self::ReopenWindowDays => Allowed::Between(0, 3_650),
            Self::OpenChildren => Allowed::OneOf(OpenChildren::VARIANTS),
            Self::NotificationChannels => Allowed::AnyOf(Channel::VARIANTS),
            Self::KbPublic => Allowed::OneOf(KbPublic::VARIANTS),
            Self::SelfServePublic => Allowed::OneOf(SelfServePublic::VARIANTS),
            Self::RoutingModel => Allowed::Between(0, 1_000_000),
        }
    }

    /// What it is as long as nobody set it.
    #[must_use]
    pub fn default(self) -> SettingValue {
        match self {
            Self::Registration => SettingValue::word(Registration::default()),
            Self::AgentVisibility => SettingValue::word(AgentVisibility::default()),
            Self::TwoFactorRequiredFor => SettingValue::Words(vec![]),
            Self::ReopenWindowDays => SettingValue::Number(14),
            Self::OpenChildren => SettingValue::word(OpenChildren::default()),
            Self::NotificationChannels => {
                SettingValue::Words(Channel::VARIANTS.iter().map(ToString::to_string).collect())
            }
            Self::KbPublic => SettingValue::word(KbPublic::default()),
            Self::SelfServePublic => SettingValue::word(SelfServePublic::default()),
            Self::RoutingModel => SettingValue::Number(0),
        }
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Registration => {
                "how people get accounts by themselves: closed (not at all), otp (by a code sent to their address), open"
            }
            Self::AgentVisibility => {
                "which tickets agents see besides their own: department (their departments' and those assigned to \
                 them), assigned (those assigned to them)"
            }
            Self::TwoFactorRequiredFor => {
                "the roles that need a second factor: whoever has none can do nothing but set one up"
            }
            Self::ReopenWindowDays => "how many days after it was resolved a requester may reopen a ticket",
            Self::OpenChildren => {
                "whether staff may resolve a ticket while tickets that are parts of it are still worked on: allow, refuse"
            }
            Self::NotificationChannels => {
                "the channels by which people may be told of what happens, whatever they chose: in_app, email, push"
            }
            Self::KbPublic => {
                "whether everybody reads what is published for all in the knowledge base, without signing in: off, on"
            }
            Self::RoutingModel => {
                "which model routes tickets: the version of one that the desk trained itself, or 0 for the one that is shipped"
            }
            Self::SelfServePublic => {
                "whether everybody is answered from what is published for all, and may chat, without signing in: off, on"
            }
        }
    }

    /// The value that a program gave.
    ///
    /// # Errors
    /// What is allowed, if this is not.
    pub fn read(self, given: Value) -> Result<SettingValue, NotAllowed> {
        let given = serde_json::from_value(given).map_err(|_| NotAllowed(self.allowed()))?;
        self.check(given)
    }

    /// The value that a person wrote; lists with commas between.
    ///
    /// # Errors
    /// What is allowed, if this is not.
    pub fn read_text(self, given: &str) -> Result<SettingValue, NotAllowed> {
        let given = given.trim();
        self.check(match self.allowed() {
            Allowed::OneOf(_) => SettingValue::Word(given.to_owned()),
            Allowed::AnyOf(_) => {
                let words = given.split(',').map(str::trim).filter(|word| !word.is_empty());
                SettingValue::Words(words.map(str::to_owned).collect())
            }
            Allowed::Between(..) => match given.parse() {
                Ok(number) => SettingValue::Number(number),
                Err(_) => return Err(NotAllowed(self.allowed())),
            },
        })
    }

    /// `given` in its one spelling, if it is allowed.
    pub(super) fn check(self, given: SettingValue) -> Result<SettingValue, NotAllowed> {
        let allowed = self.allowed();
        allowed.canonical(given).ok_or(NotAllowed(allowed))
    }
}
