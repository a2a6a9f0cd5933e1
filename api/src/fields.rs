//! What is wrong with the fields of a request, all of it at once.

use std::fmt::Display;

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Which field, such as `title` or `departments[0]`.
    #[schema(example = "title")]
    pub field: String,
    /// What programs go by: `required`, `unknown_field`, `invalid_type`, `invalid` …
    #[schema(example = "invalid")]
    pub code: &'static str,
    /// What people read.
    #[schema(example = "must have 3 characters or more")]
    pub message: String,
}

/// Collects what is wrong with the fields of a request; as a [`Problem`] it is a 422 that names them all.
///
/// ```
/// # use api::{fields::ValidationErrors, problem::Problem};
/// # fn read(name: &str, age: &str) -> Result<(u32, u32), Problem> {
/// let mut errors = ValidationErrors::default();
/// let name = errors.check("name", name.parse());
/// let age = errors.check("age", age.parse());
/// let (Some(name), Some(age)) = (name, age) else { return Err(errors.into()) };
/// # Ok((name, age))
/// # }
/// ```
#[derive(Debug, Default)]
pub struct ValidationErrors(Vec<FieldError>);

impl ValidationErrors {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), code, message: message.into() });
    }

    /// The value `parsed` for `field`; none if it is wrong, which is noted under the code `invalid`.
    pub fn check<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.add(field, "invalid", error.to_string())).ok()
    }

    /// The problem, if there is one.
    ///
    /// # Errors
    /// Something was noted.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl From<ValidationErrors> for Problem {
    fn from(ValidationErrors(errors): ValidationErrors) -> Self {
        let message = match &errors[..] {
            [] => "the request is not valid".to_owned(),
            [one] => format!("{}: {}", one.field, one.message),
            many => format!("{} fields are not valid", many.len()),
        };
        let errors = serde_json::to_value(errors).unwrap_or_default();
        Self::invalid(message).detail("errors", errors)
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        ValidationErrors(vec![error]).into()
    }
}

/// What `serde` says about the field at `path`, without repeating the value that was sent.
pub(crate) fn of_serde(path: &str, said: &str, unknown: &'static str) -> FieldError {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let within = |name: &str| match path {
        "." | "" => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let quoted = |rest: &str| {
        let name: String = rest.rsplit_once('`').map_or(rest, |(name, _)| name).chars().take(100).collect();
        within(&name)
    };
    let expected = |said: &str| said.rsplit_once(", expected ").map(|(_, expected)| expected.to_owned());
    if let Some(rest) = said.strip_prefix("unknown field `") {
        let name = rest.split_once("`, ").map_or(rest, |(name, _)| name);
        let message = match expected(said) {
            Some(names) if names != "there are no fields" => {
                let names = names.trim_start_matches("one of ").replace('`', "");
                format!("is not known; allowed: {names}")
            }
            _ => "is not known".to_owned(),
        };
        return FieldError { field: quoted(&format!("{name}`")), code: unknown, message };
    }
    if let Some(rest) = said.strip_prefix("missing field `") {
        return FieldError { field: quoted(rest), code: "required", message: "is missing".to_owned() };
    }
    if let Some(rest) = said.strip_prefix("duplicate field `") {
        let message = "is given twice".to_owned();
        return FieldError { field: quoted(rest), code: "duplicate_field", message };
    }
    let field = if path == "." { "body".to_owned() } else { path.to_owned() };
    let code = if said.starts_with("invalid type") { "invalid_type" } else { "invalid" };
    let of_known_form = said.starts_with("invalid ") || said.starts_with("unknown variant");
    let message = match expected(said).filter(|_| of_known_form) {
        Some(expected) => format!("must be {}", expected.replace('`', "")),
        None => said.to_owned(),
    };
    FieldError { field, code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, said: &str) -> (String, &'static str, String) {
        let FieldError { field, code, message } = of_serde(path, said, "unknown_field");
        (field, code, message)
    }

    #[test]
    fn what_serde_says_names_the_field_and_not_the_value() {
        let unknown = of(".", "unknown field `x`, expected `a` or `b` at line 1 column 5");
        assert_eq!(unknown, ("x".to_owned(), "unknown_field", "is not known; allowed: a or b".to_owned()));
        let missing = of("asset", "missing field `tag` at line 1 column 5");
        assert_eq!(missing, ("asset.tag".to_owned(), "required", "is missing".to_owned()));
        let kind = of("password", "invalid type: string \"hush, expected\", expected u32 at line 1 column 2");
        assert_eq!(kind, ("password".to_owned(), "invalid_type", "must be u32".to_owned()));
        let variant = of("role", "unknown variant `boss`, expected one of `user`, `admin`");
        assert_eq!(variant, ("role".to_owned(), "invalid", "must be one of user, admin".to_owned()));
    }

    #[test]
    fn all_fields_are_reported_at_once() {
        let mut errors = ValidationErrors::default();
        assert_eq!(errors.check("a", "1".parse::<u8>()), Some(1));
        assert_eq!(errors.check("b", "x".parse::<u8>()), None);
        errors.add("c", "required", "is missing");
        let problem = errors.finish().expect_err("two fields are wrong");
        assert_eq!((problem.status().as_u16(), problem.code()), (422, "VALIDATION_ERROR"));
    }
}
