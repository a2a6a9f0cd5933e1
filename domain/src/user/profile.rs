//! What people choose for themselves: language, time zone, and how they sign what they write.

use std::str::FromStr as _;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::UserEvent;
use crate::change::Change;
use crate::id::UserId;
use crate::sealed::Sealed;
use crate::text::{BadText, Lines, parse_text};

/// The most characters a signature may have.
const LONGEST_SIGNATURE: usize = 2_000;

/// A language, perhaps with script and region, as BCP 47 writes them: `de`, `pt-BR`, `zh-Hant-TW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

impl Locale {
    /// Reads a locale; case does not matter, and `_` counts as `-`.
    ///
    /// # Errors
    /// What a locale must look like.
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        const RULE: &str = "must be a language, such as de, perhaps with script and region, such as pt-BR";
        let mut tags = raw.trim().split(['-', '_']).peekable();
        let letters = |tag: &str| tag.bytes().all(|b| b.is_ascii_alphabetic());
        let language = tags.next().filter(|tag| (2..=3).contains(&tag.len()) && letters(tag)).ok_or(RULE)?;
        let mut locale = vec![language.to_ascii_lowercase()];
        if let Some(script) = tags.next_if(|tag| tag.len() == 4 && letters(tag)) {
            let (first, rest) = script.split_at(1);
            locale.push(first.to_ascii_uppercase() + &rest.to_ascii_lowercase());
        }
        let is_region = |tag: &&str| {
            (tag.len() == 2 && letters(tag)) || (tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_digit()))
        };
        if let Some(region) = tags.next_if(is_region) {
            locale.push(region.to_ascii_uppercase());
        }
        if tags.next().is_none() { Ok(Self(locale.join("-"))) } else { Err(RULE) }
    }

    /// The locale.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A time zone of the tz database, such as `Europe/Berlin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timezone(Tz);

impl Timezone {
    /// Reads the name of a time zone.
    ///
    /// # Errors
    /// The tz database has none of this name.
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        const RULE: &str = "must be a time zone of the tz database, such as Europe/Berlin";
        Tz::from_str(raw.trim()).map(Self).map_err(|_| RULE)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.name()
    }
}

/// What somebody ends their messages with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(String);

impl Signature {
    /// Reads a signature of 1 to 2,000 characters.
    ///
    /// # Errors
    /// The first rule of texts that it breaks.
    pub fn parse(raw: &str) -> Result<Self, BadText> {
        parse_text(raw, 1, LONGEST_SIGNATURE, Lines::Many).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody wants to be different about their own profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChanges {
    /// The language they read.
    pub locale: Change<Locale>,
    /// The zone their times are shown in.
    pub timezone: Change<Timezone>,
    /// What they end their messages with.
    pub signature: Change<Signature>,
}

/// What an account remembers of the profile, to tell a change from a repetition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) locale: Option<Sealed>,
    pub(super) timezone: Option<Sealed>,
    pub(super) signature: Option<Sealed>,
}

impl Profile {
    /// The time zone that they chose, if they did.
    pub(super) fn zone(&self) -> Option<Tz> {
        self.timezone.as_ref()?.text()?.parse().ok()
    }

    /// What `changes` lead to.
    pub(super) fn change(&self, id: UserId, changes: ProfileChanges) -> Vec<UserEvent> {
        let ProfileChanges { locale, timezone, signature } = changes;
        let next = Self {
            locale: locale.map(|locale| Sealed::new(id, locale.as_str())).of(self.locale.clone()),
            timezone: timezone.map(|zone| Sealed::new(id, zone.as_str())).of(self.timezone.clone()),
            signature: signature.map(|text| Sealed::new(id, text.as_str())).of(self.signature.clone()),
        };
        if next == *self {
            return vec![];
        }
        let Self { locale, timezone, signature } = next;
        vec![UserEvent::ProfileChanged { locale, timezone, signature }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_written_one_way() {
        for (raw, locale) in [
            ("de", "de"),
            (" DE ", "de"),
            ("pt_br", "pt-BR"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
        ] {
            assert_eq!(Locale::parse(raw).as_ref().map(Locale::as_str), Ok(locale), "{raw}");
        }
        for bad in ["", "d", "german", "de-", "de-DE-x", "de-D1", "дe", "de DE", "12", "de-Latn-DE-1996"] {
            assert!(Locale::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_zone_is_one_of_the_tz_database() {
        assert_eq!(Timezone::parse("Europe/Berlin").map(|zone| zone.as_str()), Ok("Europe/Berlin"));
        assert_eq!(Timezone::parse(" UTC ").map(|zone| zone.as_str()), Ok("UTC"));
        for bad in ["", "Berlin", "Europe/Atlantis", "+02:00", "../../etc/passwd", "Europe/Berlin\0"] {
            assert!(Timezone::parse(bad).is_err(), "{bad:?}");
        }
    }
}
