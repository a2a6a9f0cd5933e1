//! What a request says about a value that may be absent: keep it, clear it, or make it another.

use serde::{Deserialize, Deserializer};

/// What becomes of a value that may be absent. In a request body a field that is not there keeps it, and `null`
/// clears it; the field needs `#[serde(default)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is absent from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change, when it is `now` before.
    #[must_use]
    pub fn of(self, now: Option<T>) -> Option<T> {
        match self {
            Self::Keep => now,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether it says anything about the value.
    #[must_use]
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// The same with another value.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(to(value)),
        }
    }

    /// The same with the value that `parse` makes of it.
    ///
    /// # Errors
    /// What `parse` says.
    pub fn parse<U, E>(self, parse: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(parse(value)?),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        colour: Change<String>,
    }

    #[test]
    fn what_is_not_there_is_kept_and_null_clears() {
        let after = |body: &str| {
            let body: Body = serde_json::from_str(body).expect("a body");
            body.colour.of(Some("red".to_owned()))
        };
        assert_eq!(after("{}"), Some("red".to_owned()));
        assert_eq!(after(r#"{"colour":null}"#), None);
        assert_eq!(after(r#"{"colour":"blue"}"#), Some("blue".to_owned()));
        assert!(serde_json::from_str::<Body>(r#"{"colour":1}"#).is_err());
    }
}
