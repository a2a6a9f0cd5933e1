//! What a setting can be, and what is allowed.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What a setting is: a whole number, a word, or a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SettingValue {
    /// A whole number.
    Number(i64),
    /// A word.
    Word(String),
    /// A list of words.
    Words(Vec<String>),
}

impl SettingValue {
    /// A word.
    pub fn word(word: impl Into<&'static str>) -> Self {
        Self::Word(word.into().to_owned())
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => f.write_str(word),
            Self::Words(words) => f.write_str(&words.join(",")),
        }
    }
}

/// What may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any number of these words, each once.
    AnyOf(&'static [&'static str]),
    /// A whole number from the first to the second, both included.
    Between(i64, i64),
}

impl Allowed {
    /// The same for programs: `{"one_of": […]}`, `{"any_of": […]}` or `{"min": …, "max": …}`.
    #[must_use]
    pub fn shown(self) -> Value {
        match self {
            Self::OneOf(words) => json!({ "one_of": words }),
            Self::AnyOf(words) => json!({ "any_of": words }),
            Self::Between(min, max) => json!({ "min": min, "max": max }),
        }
    }

    /// `given` in its one spelling, lists in the order of what is allowed; none if it is not allowed.
    pub(super) fn canonical(self, given: SettingValue) -> Option<SettingValue> {
        match (self, given) {
            (Self::OneOf(words), SettingValue::Word(word)) => {
                words.contains(&word.as_str()).then_some(SettingValue::Word(word))
            }
            (Self::AnyOf(words), SettingValue::Words(given)) => {
                if !given.iter().all(|word| words.contains(&word.as_str())) {
                    return None;
                }
                let in_order = words.iter().filter(|word| given.iter().any(|one| one == *word));
                Some(SettingValue::Words(in_order.map(ToString::to_string).collect()))
            }
            (Self::Between(min, max), SettingValue::Number(number)) => {
                (min..=max).contains(&number).then_some(SettingValue::Number(number))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::AnyOf(words) => write!(f, "a list of any of {}", words.join(", ")),
            Self::Between(min, max) => write!(f, "a whole number from {min} to {max}"),
        }
    }
}

/// The value is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct NotAllowed(pub Allowed);
