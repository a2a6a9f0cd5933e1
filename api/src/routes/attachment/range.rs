//! Which part of a content is asked for.

use std::ops::Range;

use axum::http::HeaderMap;
use axum::http::header::{IF_RANGE, RANGE};

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// A part.
    Part(Range<u64>),
    /// A part that there is not.
    Nothing,
}

/// What `headers` ask of a content of `size` bytes with this `etag`. Several parts at once, or what is no range of bytes, is
/// answered with all of it.
pub(super) fn wanted(headers: &HeaderMap, size: u64, etag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(IF_RANGE) && text(IF_RANGE) != Some(etag) {
        return Wanted::Whole;
    }
    let Some((from, to)) =
        text(RANGE).and_then(|range| range.strip_prefix("bytes=")).and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let part = match (from.trim(), to.trim()) {
        ("", "") => return Wanted::Whole,
        ("", last) => number(last).map(|last| size.saturating_sub(last)..size),
        (first, "") => number(first).map(|first| first..size),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(size)),
            _ => None,
        },
    };
    match part {
        None => Wanted::Whole,
        Some(part) if part.start >= part.end => Wanted::Nothing,
        Some(part) => Wanted::Part(part),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_range_of_bytes_is_understood() {
        let of = |range: &'static str| {
            let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);
            wanted(&headers, 10, "\"x\"")
        };
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-4", 2..5),
            ("bytes=9-", 9..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
            ("bytes=0-99999999999999999999999", 0..10),
        ] {
            assert_eq!(of(range), Wanted::Part(part), "{range}");
        }
        for nothing in ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(of(nothing), Wanted::Nothing, "{nothing}");
        }
        for whole in
            ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "bytes=4-2", "lines=1-2", "bytes=+1-2"]
        {
            assert_eq!(of(whole), Wanted::Whole, "{whole}");
        }
    }

    #[test]
    fn a_part_of_something_else_is_not_wanted() {
        let of = |tag: &'static str| {
            let headers = [(RANGE, "bytes=0-0"), (IF_RANGE, tag)];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            wanted(&HeaderMap::from_iter(headers), 10, "\"x\"")
        };
        assert_eq!(of("\"x\""), Wanted::Part(0..1));
        assert_eq!(of("\"y\""), Wanted::Whole);
    }
}
