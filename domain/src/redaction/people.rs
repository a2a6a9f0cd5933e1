//! Addresses and names.

use std::ops::Range;

use super::{Found, What, words_of};

/// E-mail addresses, and who signs in within an address of another kind.
pub(super) fn addresses(text: &str) -> Vec<Found> {
    let of = |c: char| c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~\"".contains(c);
    text.match_indices('@').filter_map(|(at, _)| address(text, at, of)).collect()
}

/// The address around the `@` at `at`.
fn address(text: &str, at: usize, of_name: impl Fn(char) -> bool) -> Option<Found> {
    let start = text[..at].char_indices().rev().take_while(|(_, c)| of_name(*c)).last()?.0;
    let host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    let end = text[at + 1..].char_indices().take_while(|(_, c)| host(*c)).last();
    let end = end.map(|(offset, c)| at + 1 + offset + c.len_utf8())?;
    // In `https://ada:secret@host` what signs in begins behind the slashes.
    let start = match text[..at].rfind("://") {
        Some(scheme) if !text[scheme..at].contains(char::is_whitespace) => start.min(scheme + 3),
        _ => start,
    };
    Some(Found { at: start..end, what: What::Email })
}

/// Where one of `names` is a word of its own.
pub(super) fn names(text: &str, names: &[String]) -> Vec<Found> {
    let names: Vec<String> =
        names.iter().map(|name| name.to_lowercase()).filter(|name| name.chars().count() >= 2).collect();
    if names.is_empty() {
        return vec![];
    }
    let is_name = |word: &Range<usize>| names.contains(&text[word.clone()].to_lowercase());
    let ends = |c: char| matches!(c, '.' | '-' | '_');
    let whole = words_of(text, |c| c.is_alphanumeric() || ends(c)).into_iter().map(|word| {
        // What ends the sentence is not part of the name.
        let end = word.start + text[word.clone()].trim_end_matches(ends).len();
        word.start..end
    });
    let parts = words_of(text, char::is_alphanumeric);
    let all = whole.chain(parts).filter(is_name);
    all.map(|at| Found { at, what: What::Name }).collect()
}
