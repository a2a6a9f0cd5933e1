//! How a model is made of rows, and what it is worth on rows that it has not seen.

use crate::classifier::{ComplementNaiveBayes, Idf, LinearModel, MaximumMargin, Provenance, Vector};
use crate::features::{Counts, Features};
use crate::hash::Chance;

use super::calibration::Calibration;

/// A labelled text.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The text.
    pub text: &'a str,
    /// The place of its label among the labels.
    pub label: usize,
    /// What it counts beside the others; 1 is usual.
    pub weight: f32,
}

/// How a model is trained: two trainings over the same features, their weights added.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What the model reads.
    pub features: Features,
    /// Buckets that fewer rows hold are not looked at.
    pub least: u32,
    /// The training by margin.
    pub margin: MaximumMargin,
    /// The training by what the other classes say, if its scale is not 0.
    pub bayes: ComplementNaiveBayes,
}

/// Rows whose features are counted: what every training on them begins with.
pub(crate) struct Counted {
    pub(crate) counts: Vec<Counts>,
    pub(crate) labels: Vec<usize>,
    pub(crate) weights: Vec<f32>,
    pub(crate) classes: usize,
}

impl Counted {
    pub(crate) fn new(features: &Features, rows: &[Row<'_>], classes: usize) -> Self {
        Self {
            counts: rows.iter().map(|row| features.count(row.text)).collect(),
            labels: rows.iter().map(|row| row.label).collect(),
            weights: rows.iter().map(|row| row.weight).collect(),
            classes,
        }
    }
}

impl Recipe {
    /// A model of `rows`, its probabilities calibrated by rows held out `folds` times; and for each row the
    /// probabilities by a model that has not seen its group.
    #[must_use]
    pub fn train(
        &self,
        labels: &[&str],
        rows: &[Row<'_>],
        groups: &[usize],
        folds: usize,
    ) -> (LinearModel, Vec<Vec<f32>>) {
        let counted = Counted::new(&self.features, rows, labels.len());
        let scores = self.held_out_scores(&counted, groups, folds);
        let calibration = Calibration::fit(&scores, &counted.labels, &counted.weights);
        let all: Vec<usize> = (0..rows.len()).collect();
        let mut model = self.fit(labels, &counted, &all);
        calibration.apply(&mut model);
        (model, scores.iter().map(|scores| calibration.probabilities(scores)).collect())
    }

    /// For each row its scores by a model that has not seen its group.
    pub(crate) fn held_out_scores(&self, counted: &Counted, groups: &[usize], folds: usize) -> Vec<Vec<f32>> {
        let fold_of = split(groups, folds, self.margin.seed);
        let labels: Vec<String> = (0..counted.classes).map(|class| class.to_string()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut scores = vec![Vec::new(); counted.labels.len()];
        for fold in 0..folds {
            let (held_out, seen): (Vec<usize>, Vec<usize>) =
                (0..fold_of.len()).partition(|row| fold_of[*row] == fold);
            let model = self.fit(&labels, counted, &seen);
            for row in held_out {
                scores[row] = model.scores(&model.idf.vector(&self.features, &counted.counts[row]));
            }
        }
        scores
    }

    /// A model of the rows whose places are `chosen`, not calibrated.
    pub(crate) fn fit(&self, labels: &[&str], counted: &Counted, chosen: &[usize]) -> LinearModel {
        let buckets = self.features.buckets();
        let idf = Idf::of(&self.features, chosen.iter().map(|row| &counted.counts[*row]), self.least);
        let rows: Vec<Vector> =
            chosen.iter().map(|row| idf.vector(&self.features, &counted.counts[*row])).collect();
        let classes: Vec<usize> = chosen.iter().map(|row| counted.labels[*row]).collect();
        let emphasis: Vec<f32> = chosen.iter().map(|row| counted.weights[*row]).collect();
        let (mut weights, bias) = self.margin.train(buckets, labels.len(), &rows, &classes, &emphasis);
        if self.bayes.scale > 0.0 {
            let more = self.bayes.train(buckets, labels.len(), &rows, &classes, &emphasis);
            weights.iter_mut().zip(more).for_each(|(weight, more)| *weight += more);
        }
        LinearModel {
            provenance: Provenance::default(),
            features: self.features.clone(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            idf,
            weights,
            bias,
            thresholds: Vec::new(),
        }
    }
}

/// The fold of each row; a group is in one fold, and the folds are of about equal size.
#[must_use]
pub fn split(groups: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut names: Vec<usize> = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    Chance::new(seed).shuffle(&mut names);
    let mut sizes = std::collections::HashMap::new();
    for group in groups {
        *sizes.entry(*group).or_insert(0_usize) += 1;
    }
    let mut filled = vec![0_usize; folds];
    let mut fold_of = std::collections::HashMap::new();
    for name in names {
        let emptiest = (0..folds).min_by_key(|fold| filled[*fold]).unwrap_or_default();
        filled[emptiest] += sizes[&name];
        fold_of.insert(name, emptiest);
    }
    groups.iter().map(|group| fold_of[group]).collect()
}
