//! Several values in one column: `,IT,HR,`, so that one is found by `,IT,`; `,` if there are none.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;

/// `values` as the column has them.
pub(crate) fn listed<T: Display>(values: &[T]) -> String {
    values.iter().fold(",".to_owned(), |list, value| format!("{list}{value},"))
}

/// The values in a column.
pub(crate) fn parts<T: FromStr>(column: &str) -> Vec<T> {
    let texts = column.split(',').filter(|text| !text.is_empty());
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// The values in a column; as they are, part of a response body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct InColumn<T>(Vec<T>);

impl<T> InColumn<T> {
    /// The values.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.0
    }
}

impl<T: FromStr> From<String> for InColumn<T> {
    fn from(column: String) -> Self {
        Self(parts(&column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_read_again() {
        for values in [&[][..], &[7], &[7, 11]] {
            assert_eq!(parts::<i32>(&listed(values)), values);
        }
        assert_eq!(listed(&["IT", "HR"]), ",IT,HR,");
        assert_eq!(InColumn::<String>::from(",".to_owned()), InColumn(vec![]));
    }
}
