//! What is taken out of a text before it leaves the desk: secrets, and what says who somebody is.
//!
//! It is done by rules, and on the safe side: a number that may be a telephone's is taken for one. What is left says what the
//! text is about. Rules do not know everything: a secret in a sentence that looks like any other stays.

mod keys;
mod numbers;
mod people;
mod tame;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

pub use tame::tame;

/// A part of a text that is to be taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    /// Where, in bytes.
    at: Range<usize>,
    what: What,
}

/// What was taken out; where several fit, the first one is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Password,
    Key,
    Email,
    Iban,
    Card,
    Name,
    Number,
}

impl What {
    /// What stands in its place.
    fn mark(self) -> &'static str {
        match self {
            Self::Password => "[password]",
            Self::Key => "[key]",
            Self::Email => "[e-mail]",
            Self::Iban => "[iban]",
            Self::Card => "[card]",
            Self::Number => "[number]",
            Self::Name => "[name]",
        }
    }
}

/// `text` without passwords, keys, e-mail addresses, numbers of accounts, cards and telephones, and the `names` (of two
/// letters or more, in any case, where they are whole words); at most `longest` characters of what is left.
///
/// Spellings that look alike are made one first (NFKC), and invisible characters go: nothing hides behind them.
#[must_use]
pub fn redacted(text: &str, names: &[String], longest: usize) -> String {
    let text: String = text.nfkc().filter(|c| !is_hidden(*c)).collect();
    let mut found = keys::found(&text);
    found.extend(words::found(&text));
    found.extend(people::addresses(&text));
    found.extend(numbers::found(&text));
    found.extend(people::names(&text, names));
    found.sort_by_key(|found| (found.at.start, found.what));
    let mut left = String::with_capacity(text.len());
    let mut rest = found.into_iter().peekable();
    let mut from = 0;
    while let Some(first) = rest.next() {
        let (mut end, mut what) = (first.at.end, first.what);
        while let Some(next) = rest.next_if(|next| next.at.start < end) {
            end = end.max(next.at.end);
            what = what.min(next.what);
        }
        left.push_str(&text[from..first.at.start]);
        left.push_str(what.mark());
        from = end;
    }
    left.push_str(&text[from..]);
    cut(left, longest)
}

/// At most `longest` characters, the last one then being an ellipsis.
fn cut(text: String, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text;
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// Characters that show nothing, and could stand within what is looked for.
fn is_hidden(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    is_control
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The words of `text` made of characters that `is_part` of one, with where they are.
fn words_of(text: &str, is_part: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut from = None;
    for (at, c) in text.char_indices() {
        match (is_part(c), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                words.push(start..at);
                from = None;
            }
            _ => {}
        }
    }
    words.extend(from.map(|start| start..text.len()));
    words
}
