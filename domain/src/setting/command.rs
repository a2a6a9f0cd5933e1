//! What can be asked of the settings.

use super::{Flag, Setting, SettingValue};

/// What can be asked of the settings: all of it happens or nothing. Values are already parsed
/// ([`Setting::read`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingCommand {
    /// Set these to these values.
    Change(Vec<(Setting, SettingValue)>),
    /// Switch these on or off.
    Switch(Vec<(Flag, bool)>),
}
