//! What a classifier sees of a text: hashed words and runs of characters, never the text itself.

use rust_stemmers::{Algorithm, Stemmer};

use crate::hash::{START, mix, step};
use crate::text::{is_stop_word, normalise, unmasked, words};

/// Which features a model reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// There are two to the power of this many buckets; 10 to 20.
    pub bits: u8,
    /// Runs of one to so many words; 0 for none.
    pub words: u8,
    /// Runs of so many characters, inside of what stands between spaces; (0, 0) for none.
    pub chars: (u8, u8),
    /// What weight the runs of characters have beside the words.
    pub char_weight: f32,
    /// Whether words that say nothing about the topic are left out, and words are cut to their stem.
    pub topical: bool,
    /// Whether letters that hide behind digits and repetition are found.
    pub unmasks: bool,
    /// Whether the shape counts: numbers by length, capitals, links, money, exclamation marks.
    pub shapes: bool,
    /// Behind so many words a word counts half, behind twice as many a third; 0 where the last counts as the first.
    ///
    /// A ticket says at its head what it is about; signatures and quoted mails follow.
    pub fade: u8,
}

impl Features {
    /// Words and pairs of words, and nothing else.
    #[must_use]
    pub fn words(bits: u8) -> Self {
        Self {
            bits,
            words: 2,
            chars: (0, 0),
            char_weight: 1.0,
            topical: false,
            unmasks: false,
            shapes: false,
            fade: 0,
        }
    }

    /// How many buckets there are.
    #[must_use]
    pub fn buckets(&self) -> usize {
        1 << self.bits
    }

    /// How often each bucket occurs in `text`, faded, apart for each view, buckets rising.
    pub(crate) fn count(&self, text: &str) -> Counts {
        let plain = normalise(text);
        let mut by_word = Vec::new();
        let mut by_char = Vec::new();
        if self.words > 0 {
            self.count_words(&plain, &mut by_word);
        }
        if self.shapes {
            count_shapes(text, |hash| by_word.push((hash, 1.0)));
        }
        if self.chars.1 > 0 {
            self.count_chars(&plain, &mut by_char);
        }
        Counts { words: self.tally(by_word), chars: self.tally(by_char) }
    }

    fn count_words(&self, plain: &str, hashes: &mut Vec<(u64, f32)>) {
        let stemmer = self.topical.then(|| Stemmer::create(Algorithm::English));
        let mut last: Vec<u64> = Vec::with_capacity(usize::from(self.words));
        for (place, word) in words(plain).enumerate() {
            let share = self.share(place);
            if self.topical && (is_stop_word(word) || word.len() < 2) {
                continue;
            }
            if self.unmasks
                && let Some(meant) = unmasked(word)
            {
                hashes.push((mix(run(&meant) ^ WORD), share));
            }
            let hash = stemmer.as_ref().map_or_else(|| run(word), |stemmer| run(&stemmer.stem(word)));
            last.insert(0, hash);
            last.truncate(usize::from(self.words));
            let mut phrase = WORD;
            for (length, word) in last.iter().enumerate() {
                phrase = if length == 0 { phrase ^ word } else { mix(phrase).wrapping_add(*word) };
                hashes.push((mix(phrase), share));
            }
        }
    }

    /// What the word at `place` counts.
    fn share(&self, place: usize) -> f32 {
        if self.fade == 0 { 1.0 } else { 1.0 / (1.0 + place as f32 / f32::from(self.fade)) }
    }

    fn count_chars(&self, plain: &str, hashes: &mut Vec<(u64, f32)>) {
        let (shortest, longest) = (usize::from(self.chars.0), usize::from(self.chars.1));
        let mut signs: Vec<char> = Vec::new();
        for piece in plain.split_whitespace() {
            signs.clear();
            signs.push(' ');
            signs.extend(
                piece.chars().take(LONGEST_PIECE).map(|sign| if sign.is_numeric() { '0' } else { sign }),
            );
            signs.push(' ');
            for first in 0..signs.len() {
                let mut hash = CHAR;
                for (length, sign) in signs[first..].iter().take(longest).enumerate() {
                    hash = step(hash, u64::from(*sign));
                    if length + 1 >= shortest {
                        hashes.push((mix(hash), 1.0));
                    }
                }
            }
        }
    }

    fn tally(&self, hashes: Vec<(u64, f32)>) -> Vec<(u32, f32)> {
        let mask = (1_u64 << self.bits) - 1;
        let bucket = |hash: u64| u32::try_from(hash & mask).expect("at most 20 bits");
        let mut buckets: Vec<(u32, f32)> =
            hashes.into_iter().map(|(hash, share)| (bucket(hash), share)).collect();
        // Sums of shares depend on their order: it has to be the same everywhere.
        buckets.sort_by_key(|(bucket, _)| *bucket);
        let sum = |run: &[(u32, f32)]| run.iter().map(|(_, share)| share).sum();
        buckets.chunk_by(|one, next| one.0 == next.0).map(|run| (run[0].0, sum(run))).collect()
    }
}

/// How often each bucket occurs in a text, faded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Words, their runs, and shapes.
    pub(crate) words: Vec<(u32, f32)>,
    /// Runs of characters.
    pub(crate) chars: Vec<(u32, f32)>,
}

impl Counts {
    /// Every bucket that occurs, once.
    pub(crate) fn present(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.words.iter().chain(&self.chars).map(|(bucket, _)| *bucket).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

const WORD: u64 = START;
const CHAR: u64 = 0x5bd1_e995_9d1b_873b;
const SHAPE: u64 = 0x27d4_eb2f_1656_67c5;

/// What stands between spaces is read no further: no name for a thing is longer.
const LONGEST_PIECE: usize = 40;

fn run(word: &str) -> u64 {
    mix(word.bytes().fold(START, |hash, byte| step(hash, u64::from(byte))))
}

/// What `text` looks like, whatever it says.
fn count_shapes(text: &str, mut push: impl FnMut(u64)) {
    let mut shape = |kind: u64, value: u64| push(mix(mix(SHAPE ^ kind) ^ value));
    let (mut capitals, mut count) = (0_u64, 0_u64);
    for piece in text.split_whitespace() {
        count += 1;
        let digits = piece.chars().filter(char::is_ascii_digit).count() as u64;
        if digits > 0 {
            shape(1, digits.min(14));
        }
        if piece.contains(['£', '$', '€']) {
            shape(2, u64::from(digits > 0));
        }
        let lower = piece.to_ascii_lowercase();
        if lower.contains("http")
            || lower.contains("www.")
            || lower.contains(".com")
            || lower.contains(".co.")
        {
            shape(3, 0);
        }
        let letters = piece.chars().filter(char::is_ascii_alphabetic).count();
        if letters >= 3 && piece.chars().filter(char::is_ascii_uppercase).count() == letters {
            capitals += 1;
        }
    }
    shape(4, (capitals * 10).checked_div(count).unwrap_or(0));
    shape(5, (text.matches('!').count() as u64).min(4));
    shape(6, u64::from(count.max(1).ilog2()));
}
