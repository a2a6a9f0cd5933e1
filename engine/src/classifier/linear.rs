//! A linear model: a weight for each bucket and class.

use crate::features::{Counts, Features};

use super::Provenance;

/// A text as a model sees it: buckets rising, each with its value.
pub(crate) type Vector = Vec<(u32, f32)>;

/// How much each bucket tells, by how rare it is; 0 for a bucket that a model does not look at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Idf(pub(crate) Vec<f32>);

impl Idf {
    /// Of `rows`; buckets that fewer than `least` of them hold are not looked at.
    pub(crate) fn of<'a>(features: &Features, rows: impl Iterator<Item = &'a Counts>, least: u32) -> Self {
        let mut held = vec![0_u32; features.buckets()];
        let mut count = 0_u32;
        for row in rows {
            count += 1;
            for bucket in row.present() {
                held[bucket as usize] += 1;
            }
        }
        let value = |held: u32| {
            if held < least { 0.0 } else { ((1.0 + count as f32) / (1.0 + held as f32)).ln() + 1.0 }
        };
        Self(held.into_iter().map(value).collect())
    }

    /// `counts` as a vector: each view of length one.
    pub(crate) fn vector(&self, features: &Features, counts: &Counts) -> Vector {
        let mut all = self.view(&counts.words, 1.0);
        all.extend(self.view(&counts.chars, features.char_weight));
        all.sort_unstable_by_key(|(bucket, _)| *bucket);
        all.chunk_by(|one, next| one.0 == next.0)
            .map(|run| (run[0].0, run.iter().map(|(_, value)| value).sum()))
            .collect()
    }

    fn view(&self, counts: &[(u32, f32)], weight: f32) -> Vector {
        let mut view: Vector = counts
            .iter()
            .map(|(bucket, count)| (*bucket, damped(*count) * self.0[*bucket as usize]))
            .filter(|(_, value)| *value > 0.0)
            .collect();
        let length = view.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            for (_, value) in &mut view {
                *value *= weight / length;
            }
        }
        view
    }
}

/// `count`, growing ever more slowly above one.
fn damped(count: f32) -> f32 {
    if count < 1.0 { count } else { 1.0 + count.ln() }
}

/// A trained classifier of texts.
///
/// With two classes there is one column of weights: for the second class, and against the first.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// What it is and what it was trained from.
    pub provenance: Provenance,
    /// What it reads.
    pub(crate) features: Features,
    /// The classes, in the order of their scores.
    pub(crate) labels: Vec<String>,
    pub(crate) idf: Idf,
    /// Bucket by bucket, for each column.
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// Probabilities from which on something follows, by meaning: see where the model is used.
    pub(crate) thresholds: Vec<f32>,
}

impl LinearModel {
    /// The classes, in the order of [`probabilities`](Self::probabilities).
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The shipped thresholds.
    #[must_use]
    pub fn thresholds(&self) -> &[f32] {
        &self.thresholds
    }

    /// The probability of each class for `text`.
    #[must_use]
    pub fn probabilities(&self, text: &str) -> Vec<f32> {
        softmax(&self.scores(&self.vector(text)))
    }

    /// The probability of the last class: with two classes, of what the model looks for.
    #[must_use]
    pub fn probability(&self, text: &str) -> f32 {
        self.probabilities(text).last().copied().unwrap_or_default()
    }

    /// The likeliest class for `text` and its probability.
    #[must_use]
    pub fn classify(&self, text: &str) -> (&str, f32) {
        let all = self.probabilities(text);
        let best = (1..all.len()).fold(0, |best, next| if all[next] > all[best] { next } else { best });
        (&self.labels[best], all[best])
    }

    pub(crate) fn vector(&self, text: &str) -> Vector {
        self.idf.vector(&self.features, &self.features.count(text))
    }

    /// One score for each class.
    pub(crate) fn scores(&self, vector: &[(u32, f32)]) -> Vec<f32> {
        let columns = self.columns();
        let mut scores = self.bias.clone();
        for (bucket, value) in vector {
            let first = *bucket as usize * columns;
            for (score, weight) in scores.iter_mut().zip(&self.weights[first..first + columns]) {
                *score += weight * value;
            }
        }
        if self.labels.len() == 2 { vec![0.0, scores[0]] } else { scores }
    }

    /// How many columns of weights there are.
    pub(crate) fn columns(&self) -> usize {
        columns(self.labels.len())
    }
}

/// How many columns of weights `classes` need.
pub(crate) fn columns(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// Scores as probabilities.
pub(crate) fn softmax(scores: &[f32]) -> Vec<f32> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - highest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
