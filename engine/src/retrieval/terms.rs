//! The words of an article or a question as the index knows them.

use rust_stemmers::{Algorithm, Stemmer};

use crate::text::{is_stop_word, normalise, words};

/// The stems of the words of `text` that say something, in their order.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let plain = normalise(text).replace('’', "'");
    words(&plain)
        .filter(|word| !is_stop_word(word) && (word.len() > 1 || word.chars().any(char::is_numeric)))
        .map(|word| stemmer.stem(word.strip_suffix("'s").unwrap_or(word)).into_owned())
        .collect()
}

/// `markdown` without the addresses of its links, which say nothing.
pub(crate) fn prose(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once("](") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.split_whitespace().filter(|word| !word.contains("://")).collect::<Vec<_>>().join(" ")
}
