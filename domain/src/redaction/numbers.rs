//! Numbers that are somebody's: of cards, accounts and telephones.

use std::ops::Range;

use super::{Found, What, words_of};

/// So many digits and more are somebody's number, whatever it is,
const MANY: usize = 9;
/// or fewer, if they begin as numbers of telephones do between countries,
const ABROAD: usize = 7;
/// or fewer still, behind a word that says so.
const CALLED: usize = 5;
/// How many digits the number of a card has.
const CARD: Range<usize> = 13..20;
/// How many characters an IBAN has.
const IBAN: Range<usize> = 15..35;

/// Words that a number of a telephone stands behind.
const PHONE: [&str; 14] = [
    "tel",
    "telefon",
    "telephone",
    "phone",
    "fon",
    "fax",
    "mobile",
    "mobil",
    "handy",
    "cell",
    "call",
    "ring",
    "durchwahl",
    "extension",
];

pub(super) fn found(text: &str) -> Vec<Found> {
    let mut found = ibans(text);
    for run in runs(text) {
        found.extend(cards(text, &run));
        if is_somebodys(text, &run) {
            found.push(Found { at: run, what: What::Number });
        }
    }
    found
}

/// Digits with what may stand between those of one number: from the first of them, or what is before it, to the last.
fn runs(text: &str) -> Vec<Range<usize>> {
    let between = |c: char| matches!(c, ' ' | '.' | '-' | '/' | '(' | ')' | '+' | '‐' | '–' | '·' | '_');
    let mut runs = Vec::new();
    for word in words_of(text, |c| c.is_ascii_digit() || between(c)) {
        let part = &text[word.clone()];
        let Some(first) = part.find(|c: char| c.is_ascii_digit()) else { continue };
        let first = part[..first].rfind('+').filter(|plus| first - plus <= 3).unwrap_or(first);
        let last = part.rfind(|c: char| c.is_ascii_digit()).unwrap_or(first);
        runs.push(word.start + first..word.start + last + 1);
    }
    runs
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_somebodys(text: &str, run: &Range<usize>) -> bool {
    let part = &text[run.clone()];
    let count = digits(part).len();
    let is_abroad = part.starts_with('+') || part.starts_with("00");
    let before = text[..run.start].trim_end_matches(|c: char| !c.is_alphanumeric());
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let enough = if PHONE.contains(&word.as_str()) {
        CALLED
    } else if is_abroad {
        ABROAD
    } else {
        MANY
    };
    count >= enough && !is_of_a_machine(part)
}

/// Whether it is an address of version 4: it says where the trouble is, and not who has it.
fn is_of_a_machine(part: &str) -> bool {
    part.split('.').count() == 4 && part.split('.').all(|byte| byte.parse::<u8>().is_ok())
}

/// The numbers of cards among the groups of digits in a run.
fn cards(text: &str, run: &Range<usize>) -> Vec<Found> {
    let groups: Vec<Range<usize>> = words_of(&text[run.clone()], |c| c.is_ascii_digit())
        .into_iter()
        .map(|group| run.start + group.start..run.start + group.end)
        .collect();
    let mut found = Vec::new();
    for (place, first) in groups.iter().enumerate() {
        let mut all = String::new();
        for last in &groups[place..] {
            all.push_str(&text[last.clone()]);
            if all.len() >= CARD.end {
                break;
            }
            if CARD.contains(&all.len()) && is_luhn(&all) {
                found.push(Found { at: first.start..last.end, what: What::Card });
            }
        }
    }
    found
}

/// Whether the last digit is the check of the others, as on cards.
fn is_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (1, doubled) if doubled > 9 => doubled - 9,
            (1, doubled) => doubled,
            _ => digit,
        })
        .sum();
    sum.is_multiple_of(10) && digits.contains(|c| c != '0')
}

/// Numbers of accounts whose check is right, written in one or in groups.
fn ibans(text: &str) -> Vec<Found> {
    let starts = words_of(text, |c| c.is_ascii_alphanumeric());
    starts.into_iter().filter_map(|word| iban(text, word.start)).collect()
}

fn iban(text: &str, start: usize) -> Option<Found> {
    let mut read = String::new();
    let mut longest = None;
    let mut gap = 0;
    for (offset, c) in text[start..].char_indices() {
        match c {
            c if c.is_ascii_alphanumeric() && read.len() + 1 < IBAN.end => {
                gap = 0;
                read.push(c.to_ascii_uppercase());
            }
            ' ' | '-' | '.' if gap == 0 => gap = 1,
            _ => break,
        }
        let is_begun = match read.len() {
            0..=2 => read.bytes().all(|b| b.is_ascii_uppercase()),
            length => read.as_bytes()[2..length.min(4)].iter().all(u8::is_ascii_digit),
        };
        if !is_begun {
            return None;
        }
        if gap == 0 && IBAN.contains(&read.len()) && is_checked(&read) {
            longest = Some(start + offset + 1);
        }
    }
    longest.map(|end| Found { at: start..end, what: What::Iban })
}

/// Whether the two digits of an IBAN are the check of the rest.
fn is_checked(iban: &str) -> bool {
    let (head, rest) = iban.split_at(4);
    let value = rest.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        let shift = if digit > 9 { 100 } else { 10 };
        (sum * shift + digit) % 97
    });
    value == 1
}
