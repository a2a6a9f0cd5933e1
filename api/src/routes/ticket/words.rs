//! Reading the fields of requests about tickets.

use std::fmt::Display;
use std::str::FromStr;

use domain::access::Department;
use serde::de::value::Error as TextError;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use crate::desk::Desk;
use crate::fields::{ValidationErrors, of_serde};
use crate::problem::Answer;

/// One of a type's words, in any case; the error names all of them.
pub(in crate::routes) fn word<T: FromStr + DeserializeOwned>(text: &str) -> Result<T, String> {
    text.trim().parse().or_else(|_| {
        let read: Result<T, TextError> = T::deserialize(text.into_deserializer());
        read.map_err(|error| of_serde("", &error.to_string(), "").message)
    })
}

/// What `text` says, if it is given; what is wrong with it is noted.
pub(in crate::routes) fn optional<T, E: Display>(
    errors: &mut ValidationErrors,
    field: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    text.and_then(|text| errors.check(field, parse(text)))
}

/// A field that may be left out but is never null.
pub(in crate::routes) fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A department that tickets can be sent to, if one is given; anything else is noted.
pub(super) async fn department(
    desk: &Desk,
    errors: &mut ValidationErrors,
    text: Option<&str>,
) -> Answer<Option<Department>> {
    let Some(department) = optional(errors, "department", text, str::parse::<Department>) else {
        return Ok(None);
    };
    if desk.has_department(&department).await? {
        return Ok(Some(department));
    }
    errors.add("department", "invalid", "there is no active department of this code");
    Ok(None)
}

#[cfg(test)]
mod tests {
    use domain::ticket::values::{Status, Urgency};

    use super::*;

    #[test]
    fn a_word_is_read_in_any_case_and_an_error_names_all_words() {
        assert_eq!(word(" HIGH "), Ok(Urgency::High));
        assert_eq!(word("IN_PROGRESS"), Ok(Status::InProgress));
        assert_eq!(word("NEW"), Ok(Status::Open));
        assert_eq!(word::<Urgency>("critical"), Err("must be one of low, medium, high".to_owned()));
    }
}
