//! Texts that say nearly the same: they are never on both sides of a split.

use std::collections::HashMap;

use crate::hash::{Chance, START, mix, step};
use crate::text::normalise;

/// Runs of so many characters are compared.
const RUN: usize = 4;
/// Texts that share more than this part of their runs are near-duplicates.
const ALIKE: f32 = 0.5;
/// So many bands of so many least hashes: texts alike by a half are missed one time in two hundred.
const BANDS: usize = 40;
const ROWS: usize = 3;

/// For each text the number of its group. Near-duplicates, and what they are near-duplicates of, share one.
#[must_use]
pub fn near_duplicates(texts: &[&str]) -> Vec<usize> {
    let runs: Vec<Vec<u32>> = texts.iter().map(|text| runs(text)).collect();
    let mut groups = Groups((0..texts.len()).collect());
    let mut chance = Chance::new(0);
    for _ in 0..BANDS {
        let seeds: [u64; ROWS] = std::array::from_fn(|_| chance.next());
        let mut bands: HashMap<u64, Vec<usize>> = HashMap::new();
        for (text, runs) in runs.iter().enumerate() {
            bands.entry(band(runs, &seeds)).or_default().push(text);
        }
        for band in bands.into_values() {
            join(&band, &runs, &mut groups);
        }
    }
    (0..texts.len()).map(|text| groups.root(text)).collect()
}

/// Joins those of `band` that are alike, each with the first of a group that it is like.
fn join(band: &[usize], runs: &[Vec<u32>], groups: &mut Groups) {
    let mut firsts: Vec<usize> = Vec::new();
    for text in band.iter().copied() {
        let mut is_alone = true;
        for first in firsts.iter().rev().take(64) {
            if groups.root(text) == groups.root(*first) {
                is_alone = false;
            } else if similarity(&runs[text], &runs[*first]) > ALIKE {
                groups.join(text, *first);
                is_alone = false;
            }
        }
        if is_alone || firsts.len() < 64 {
            firsts.push(text);
        }
    }
}

fn band(runs: &[u32], seeds: &[u64]) -> u64 {
    seeds.iter().fold(START, |band, seed| {
        let least = runs.iter().map(|run| mix(u64::from(*run) ^ seed)).min().unwrap_or_default();
        mix(step(band, least))
    })
}

fn runs(text: &str) -> Vec<u32> {
    let plain: Vec<char> = normalise(text).split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let hash = |run: &[char]| mix(run.iter().fold(START, |hash, sign| step(hash, u64::from(*sign)))) as u32;
    let mut runs: Vec<u32> = plain.windows(RUN.min(plain.len()).max(1)).map(hash).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// What part of their runs two texts share (Jaccard).
fn similarity(one: &[u32], other: &[u32]) -> f32 {
    let (mut left, mut right, mut shared) = (0, 0, 0_usize);
    while left < one.len() && right < other.len() {
        let (own, theirs) = (one[left], other[right]);
        shared += usize::from(own == theirs);
        left += usize::from(own <= theirs);
        right += usize::from(theirs <= own);
    }
    shared as f32 / (one.len() + other.len() - shared).max(1) as f32
}

/// Which text leads to which; the last is its group (union-find).
struct Groups(Vec<usize>);

impl Groups {
    fn root(&mut self, text: usize) -> usize {
        let mut root = text;
        while self.0[root] != root {
            self.0[root] = self.0[self.0[root]];
            root = self.0[root];
        }
        root
    }

    /// The group is named by its first text, whatever the order of joining.
    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}
