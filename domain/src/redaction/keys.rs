//! Keys and tokens: what begins as they do, what only machines write, and blocks of PEM.

use std::ops::Range;

use super::{Found, What, words_of};

/// How keys begin that say what they are, and how long they are at least.
const MARKED: [(&str, usize); 38] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ABIA", 16),
    ("ACCA", 16),
    ("AIza", 20),
    ("ya29.", 16),
    ("GOCSPX-", 16),
    ("eyJ", 16),
    ("ghp_", 12),
    ("gho_", 12),
    ("ghu_", 12),
    ("ghs_", 12),
    ("ghr_", 12),
    ("github_pat_", 16),
    ("glpat-", 12),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-", 12),
    ("sk_live_", 12),
    ("sk_test_", 12),
    ("pk_live_", 12),
    ("rk_live_", 12),
    ("whsec_", 12),
    ("npm_", 12),
    ("pypi-", 12),
    ("hf_", 12),
    ("SG.", 16),
    ("dop_v1_", 16),
    ("shpat_", 12),
    ("AGE-SECRET-KEY-", 20),
    ("hvs.", 12),
    ("hd_", 16),
    ("sha256~", 16),
    ("dckr_pat_", 12),
    ("AccountKey=", 12),
];
/// Words that a key follows.
const SCHEMES: [&str; 2] = ["bearer", "basic"];
/// From how many characters on a word of small and capital letters and digits is written by a machine,
const MIXED: usize = 20;
/// and one of hexadecimal digits.
const HEXADECIMAL: usize = 32;

pub(super) fn found(text: &str) -> Vec<Found> {
    let mut found = blocks(text);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-+/=.~".contains(c);
    let mut follows = false;
    for word in words_of(text, is_part) {
        let part = &text[word.clone()];
        if (follows && part.len() >= 8) || is_marked(part) || is_random(part) {
            found.push(Found { at: word, what: What::Key });
        } else {
            found.extend(segments(text, &word));
        }
        follows = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(part));
    }
    found
}

/// What is a key between the slashes, points and signs of equality of something longer, such as an address.
fn segments(text: &str, word: &Range<usize>) -> Vec<Found> {
    let parts = words_of(&text[word.clone()], |c| !matches!(c, '/' | '.' | '='));
    let whole = parts.into_iter().map(|part| word.start + part.start..word.start + part.end);
    let is_key = |part: &Range<usize>| is_marked(&text[part.clone()]) || is_random(&text[part.clone()]);
    whole.filter(is_key).map(|at| Found { at, what: What::Key }).collect()
}

fn is_marked(word: &str) -> bool {
    MARKED.iter().any(|(mark, least)| word.starts_with(mark) && word.len() >= *least)
}

/// Whether nobody would write it by hand.
fn is_random(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.bytes().any(|byte| kind(&byte));
    let (letters, digits) = (has(u8::is_ascii_alphabetic), has(u8::is_ascii_digit));
    let hexadecimal = word.bytes().filter(u8::is_ascii_hexdigit).count();
    let is_hexadecimal =
        hexadecimal >= HEXADECIMAL && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    // Addresses and paths are looked at part by part.
    let is_path = word.starts_with('/')
        || word.contains("//")
        || word.contains('.')
        || word.trim_end_matches('=').contains('=');
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && digits;
    (is_hexadecimal && letters && digits) || (is_mixed && word.len() >= MIXED && !is_path)
}

/// Blocks of PEM, to their end or that of the text.
fn blocks(text: &str) -> Vec<Found> {
    const END: &str = "-----END";
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("-----BEGIN").map(|start| from + start) {
        let end = text[start..].find(END).map(|end| start + end + END.len());
        let end = end.map(|end| text[end..].find('\n').map_or(text.len(), |line| end + line));
        from = end.unwrap_or(text.len());
        found.push(Found { at: start..from, what: What::Key });
    }
    found
}
