//! Learning on, from a model that is already trained.

use crate::hash::Chance;

use super::LinearModel;
use super::linear::{columns, softmax};

impl LinearModel {
    /// This model with `labels`, which begin with its own; it knows nothing of the others yet.
    pub(crate) fn with_labels(&self, labels: Vec<String>) -> Self {
        let (own, wanted) = (self.columns(), columns(labels.len()));
        if own == wanted {
            return Self { labels, ..self.clone() };
        }
        // One column against the first class becomes one for each.
        let spread = |row: &[f32]| {
            let mut row = if own == 1 { vec![0.0, row[0]] } else { row.to_vec() };
            row.resize(wanted, 0.0);
            row
        };
        let weights = self.weights.chunks(own).flat_map(spread).collect();
        let mut bias = spread(&self.bias);
        let known = self.labels.len();
        let mean = bias[..known].iter().sum::<f32>() / known as f32;
        bias[known..].iter_mut().for_each(|bias| *bias = mean - 1.0);
        Self { labels, weights, bias, ..self.clone() }
    }

    /// Moves the weights towards `examples` (texts with the place of their label) by logistic regression, `rounds` times in
    /// an order that follows from `seed`; `rate` is how far a single example moves them.
    pub(crate) fn learn(&mut self, examples: &[(&str, usize)], rounds: u32, rate: f32, seed: u64) {
        let unseen = self.idf.0.iter().copied().fold(1.0, f32::max);
        let counts: Vec<_> = examples.iter().map(|(text, _)| self.features.count(text)).collect();
        for bucket in counts.iter().flat_map(crate::features::Counts::present) {
            let idf = &mut self.idf.0[bucket as usize];
            if *idf == 0.0 {
                *idf = unseen;
            }
        }
        let rows: Vec<_> = counts.iter().map(|counts| self.idf.vector(&self.features, counts)).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut chance = Chance::new(seed);
        for round in 0..rounds {
            chance.shuffle(&mut order);
            let rate = rate / (1.0 + round as f32 / 2.0);
            for row in order.iter().copied() {
                self.step(&rows[row], examples[row].1, rate);
            }
        }
    }

    fn step(&mut self, row: &[(u32, f32)], label: usize, rate: f32) {
        let probabilities = softmax(&self.scores(row));
        let columns = self.columns();
        for column in 0..columns {
            let class = if columns == 1 { 1 } else { column };
            let wanted = f32::from(u8::from(class == label));
            let step = rate * (wanted - probabilities[class]);
            self.bias[column] += step * 0.1;
            for (bucket, value) in row {
                self.weights[*bucket as usize * columns + column] += step * value;
            }
        }
    }
}
