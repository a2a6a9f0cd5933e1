//! Query parameters: read strictly; lists repeat the parameter or use commas.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::value::{Error as TextError, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::fields::of_serde;
use crate::problem::Problem;

/// Every GET may carry it; the desk's layers act on it, so no route sees it.
pub(crate) const MIN_POSITION: &str = "min_position";

/// The query parameters, checked against `T` (which denies unknown fields): 422 names the wrong one and
/// what is allowed. A `Vec` takes `a=1&a=2` and `a=1,2`.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(&parts.uri).map(Self)
    }
}

/// All parameters of `uri`; the values of one that is repeated have commas between them.
pub(crate) fn parameters(uri: &Uri) -> Result<BTreeMap<String, String>, Problem> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Problem::malformed("the query string cannot be read"))?;
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in pairs.0 {
        parameters
            .entry(name)
            .and_modify(|earlier| {
                earlier.push(',');
                earlier.push_str(&value);
            })
            .or_insert(value);
    }
    Ok(parameters)
}

fn parse<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let mut parameters = parameters(uri)?;
    parameters.remove(MIN_POSITION);
    let texts = MapDeserializer::new(parameters.into_iter().map(|(name, value)| (name, Text(value))));
    serde_path_to_error::deserialize(texts).map_err(|error| {
        let path = error.path().to_string();
        of_serde(&path, &error.into_inner().to_string(), "unknown_parameter").into()
    })
}

/// A parameter's value, read as whatever the field is.
struct Text(String);

impl Text {
    fn read<T: FromStr>(&self, what: &str) -> Result<T, TextError> {
        self.0.parse().map_err(|_| TextError::custom(format_args!("must be {what}")))
    }
}

impl IntoDeserializer<'_, TextError> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

const NUMBER: &str = "a whole number";
const COUNT: &str = "a whole number, not negative";

impl<'de> Deserializer<'de> for Text {
    type Error = TextError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_string(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_bool(self.read("true or false")?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_i32(self.read(NUMBER)?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_i64(self.read(NUMBER)?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_u32(self.read(COUNT)?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_u64(self.read(COUNT)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let parts = self.0.split(',').map(str::trim).filter(|part| !part.is_empty());
        visitor.visit_seq(SeqDeserializer::new(parts.map(|part| Self(part.to_owned()))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_enum(IntoDeserializer::<TextError>::into_deserializer(self.0))
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct
        map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use domain::access::Role;
    use serde::Deserialize;

    use super::*;
    use crate::problem::tests::error_of;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        role: Option<Role>,
        active: Option<bool>,
        #[serde(default)]
        tags: Vec<String>,
        page: Option<u32>,
    }

    fn read(query: &str) -> Result<Filter, Problem> {
        parse(&format!("/x?{query}").parse().expect("a URI"))
    }

    #[test]
    fn lists_repeat_the_parameter_or_use_commas() {
        let filter = read("role=it_agent&tags=a&active=true&tags=b,c&page=2&min_position=7").expect("valid");
        let tags = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(filter, Filter { role: Some(Role::ItAgent), active: Some(true), tags, page: Some(2) });
        assert_eq!(read("").expect("valid").tags, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_wrong_parameter_is_named_with_what_is_allowed() {
        let cases = [
            ("rolle=user", "rolle", "unknown_parameter", "allowed: role, active, tags, page"),
            ("role=boss", "role", "invalid", "it_agent"),
            ("active=perhaps", "active", "invalid", "true or false"),
            ("page=-1", "page", "invalid", "whole number"),
            ("page=1&page=2", "page", "invalid", "whole number"),
        ];
        for (query, field, code, allowed) in cases {
            let problem = read(query).expect_err(query);
            let (status, error) = error_of(problem.into_response()).await;
            assert_eq!(status, 422, "{query}");
            let first = &error["details"]["errors"][0];
            assert_eq!(
                (first["field"].as_str(), first["code"].as_str()),
                (Some(field), Some(code)),
                "{error}"
            );
            assert!(first["message"].as_str().is_some_and(|text| text.contains(allowed)), "{error}");
        }
    }
}
